import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familyOf } from '../net/network.ts';
import type { Network } from '../net/network.ts';
import { DecisionSet } from './decision-set.ts';
import type { Entry } from './entry.ts';
import { originRank } from './provenance.ts';

const NETWORKS = ['203.0.113.7', '198.51.100.0/24', '2001:db8::1'] as Network[];
const ORIGINS = ['crowdsec', 'cscli', 'lists', 'CAPI', 'stranger'];

interface Row {
  network: Network;
  id: number;
  end: number;
  origin: string;
  scenario: string;
}

/** The rules in the plainest words there are. */
class NaiveSet {
  rows: Row[] = [];

  add(row: Row): void {
    const known = this.rows.find(({ network, id }) => network === row.network && id === row.id);
    if (!known) this.rows.push({ ...row });
    else if (
      known.origin !== row.origin ||
      known.scenario !== row.scenario ||
      row.end > known.end ||
      known.end - row.end > 5
    )
      Object.assign(known, row);
  }

  delete(row: Row): void {
    this.rows = this.rows.filter(({ network, id }) => network !== row.network || id !== row.id);
  }

  entries(): Map<Network, Pick<Entry, 'expiresAt' | 'origin' | 'scenario'>> {
    const entries = new Map<Network, Pick<Entry, 'expiresAt' | 'origin' | 'scenario'>>();
    for (const network of NETWORKS) {
      const here = this.rows.filter((row) => row.network === network);
      const [shown] = here.sort((a, b) => originRank(a.origin) - originRank(b.origin) || b.end - a.end || a.id - b.id);
      if (!shown) continue;
      entries.set(network, {
        expiresAt: Math.max(...here.map(({ end }) => end)),
        origin: shown.origin,
        scenario: shown.scenario,
      });
    }
    return entries;
  }
}

const row = fc.record<Row>({
  network: fc.constantFrom(...NETWORKS),
  id: fc.integer({ min: 1, max: 6 }),
  // Near ends, and some that are beyond what is queued.
  end: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 3500, max: 9000 })),
  origin: fc.constantFrom(...ORIGINS),
  scenario: fc.constantFrom('a', 'b'),
});

const passing = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1000, max: 4000 }));

const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), row }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), row }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: passing }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('full' as const),
      rows: fc.array(row, { maxLength: 8 }),
      complete: fc.boolean(),
    }),
  },
);

function seen(set: DecisionSet): Map<Network, Pick<Entry, 'expiresAt' | 'origin' | 'scenario'>> {
  return new Map(
    [...set.entries()].map(({ network, expiresAt, origin, scenario }) => [network, { expiresAt, origin, scenario }]),
  );
}

describe('decision set, under any order of events', () => {
  it('holds what the plain rules say, counts it, and tells every change', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const set = new DecisionSet();
        const naive = new NaiveSet();
        let now = 0;
        for (const next of commands) {
          const before = naive.entries();
          if (next.do === 'pass') {
            now += next.seconds;
            set.expire(now);
            naive.rows = naive.rows.filter(({ end }) => end > now);
          } else if (next.do === 'full') {
            set.beginFull();
            const rows = next.rows.map((each) => ({ ...each, end: each.end + now }));
            for (const each of rows) {
              set.add(each.network, each.id, each.end, each.origin, each.scenario);
              naive.add(each);
            }
            if (next.complete) {
              set.sweep();
              naive.rows = naive.rows.filter((old) =>
                rows.some(({ network, id }) => old.network === network && old.id === id),
              );
            }
          } else {
            const { network, id, origin, scenario } = next.row;
            const end = next.row.end + now;
            if (next.do === 'add') set.add(network, id, end, origin, scenario);
            else set.delete(network, id);
            naive[next.do]({ ...next.row, end });
          }
          compare(set, naive, before);
        }
      }),
      { numRuns: 500 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });
});

function compare(set: DecisionSet, naive: NaiveSet, before: ReturnType<NaiveSet['entries']>): void {
  const after = naive.entries();
  expect(seen(set)).toEqual(after);
  expect([set.size, set.decisions]).toEqual([after.size, naive.rows.length]);
  const touched = set.takeTouched();
  for (const network of NETWORKS) {
    const changed = JSON.stringify(before.get(network)) !== JSON.stringify(after.get(network));
    if (changed) expect(touched).toContain(network);
    const rows = naive.rows.filter((each) => each.network === network);
    expect(
      set
        .decisionsOn(network)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(rows.map(({ id }) => id).sort());
    expect(set.get(network)?.expiresAt).toBe(after.get(network)?.expiresAt);
  }
  const counts = new Map<string, number>();
  for (const [network, { origin, scenario }] of after) {
    const label = `${origin === 'lists' ? `lists:${scenario}` : origin} ${familyOf(network)}`;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  expect(new Map(set.counts().map(({ origin, family, count }) => [`${origin} ${family}`, count]))).toEqual(counts);
  const scenarios = new Map<string, number>();
  for (const { scenario } of after.values()) scenarios.set(scenario, (scenarios.get(scenario) ?? 0) + 1);
  const top = set.topScenarios(100);
  expect(new Map(top.map(({ scenario, count }) => [scenario, count]))).toEqual(scenarios);
  expect(top.map(({ count }) => count)).toEqual(top.map(({ count }) => count).sort((a, b) => b - a));
  if (naive.rows.length > 0) expect(set.nextExpiry).toBeLessThanOrEqual(Math.min(...naive.rows.map(({ end }) => end)));
}
