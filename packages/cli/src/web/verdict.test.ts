import { describe, expect, it } from 'vitest';
import type { ControllerStatus, TargetState, TargetStatus } from '@bouncer/engine';
import { fakeSource, targetStatus } from './testing.ts';
import { verdict } from './verdict.ts';

const { now: base, clock } = fakeSource();
const now = clock.wall();
const seen = { lastSeenAt: now - 1000 };
const error = (message: string) => ({ message, hint: '', at: now });

const target = (change: Partial<TargetStatus> = {}): TargetStatus => targetStatus({ name: 'a', ...seen, ...change });
const stream = (change: Partial<ControllerStatus['stream']>) => ({ ...base.stream, ...change });
const neverPulled: ControllerStatus['stream'] = {
  state: 'starting',
  pulls: 0,
  fullPulls: 0,
  failures: {},
  decisions: 0,
  skipped: {},
};

function judge(change: Partial<ControllerStatus> = {}) {
  return verdict({ ...base, targets: [target()], ...change }, now);
}

const fresh = { concerns: [{ level: 'warn', seen: 'no rule was seen', fix: 'look' }] } as const;
const gone = { concerns: [{ level: 'fail', seen: 'the rule is gone', fix: 'add it' }] } as const;
const unlimited = { origins: { CAPI: 90, lists: 10 }, types: { ban: 100 } };

describe('verdict', () => {
  it.each<[string, Partial<ControllerStatus>, string, string | RegExp]>([
    ['all is as it should be', {}, 'protecting', ''],
    ['no target', { targets: [] }, 'not-protecting', 'there is no target'],
    // LAPI
    ['the first pull is under way', { stream: { ...neverPulled, state: 'starting' } }, 'starting', /not answered yet/],
    [
      'LAPI has failed since the start, for long',
      { stream: { ...neverPulled, state: 'failing', lastError: error('connection refused') } },
      'not-protecting',
      /never answered since the start, 60 s ago: connection refused/,
    ],
    [
      'LAPI has failed since the start, which is a moment ago',
      { startedAt: now - 3000, stream: { ...neverPulled, state: 'failing' } },
      'starting',
      /not answered/,
    ],
    [
      'the news is stale: the key was refused',
      { stream: stream({ state: 'failing', lastPullAt: now - 31_000, lastError: error('403: wrong key') }) },
      'not-protecting',
      'no news from LAPI for 31 s: 403: wrong key; what is blocked (3) stays blocked until its own end',
    ],
    [
      'one pull failed',
      { stream: stream({ state: 'failing', lastPullAt: now - 12_000, lastError: error('connection refused') }) },
      'protecting',
      /the last pull of LAPI failed, the last good one is 12 s old: connection refused/,
    ],
    [
      'an answer was not understood',
      {
        stream: stream({
          state: 'failing',
          lastError: { ...error("not an answer of LAPI's: no list"), kind: 'malformed' },
        }),
      },
      'partly',
      /no list/,
    ],
    [
      'elements were not understood',
      { stream: stream({ skipped: { malformed: 2 } }) },
      'partly',
      /2 decisions of LAPI/,
    ],
    [
      'a pull is slow',
      { stream: stream({ lastPullAt: now - 60_000 }) },
      'partly',
      /the last news from LAPI is 60 s old/,
    ],
    [
      'a pull never ends',
      { stream: stream({ lastPullAt: now - 160_000 }) },
      'not-protecting',
      /no news from LAPI for 3 min/,
    ],
    [
      'no decision passes the filter',
      { stream: stream({ decisions: 0, skipped: {}, seen: { decisions: 100, passed: 0, ...unlimited } }) },
      'not-protecting',
      'none of 100 decisions passes the filter; origins seen: CAPI 90, lists 10; types seen: ban 100',
    ],
    [
      'all that came was passed over',
      { stream: stream({ decisions: 0, skipped: { scope: 1, origin: 2 } }) },
      'not-protecting',
      'none of 3 decisions passes the filter: origin 2, scope 1',
    ],
    ['LAPI is empty', { stream: stream({ decisions: 0, skipped: {} }) }, 'protecting', /no decisions at present/],
    ['all have ended', { stream: stream({ decisions: 0, skipped: { expired: 4 } }) }, 'protecting', /no decisions/],
    // devices
    [
      'away',
      { targets: [target({ state: 'away', lastError: error('no route') })] },
      'not-protecting',
      /a does not answer: no route; the 3 it/,
    ],
    [
      'between two tries',
      { targets: [target({ state: 'connecting', lastError: error('x') })] },
      'not-protecting',
      /does not answer/,
    ],
    [
      'refused',
      { targets: [target({ state: 'refused', held: 0 })] },
      'not-protecting',
      'a refuses the login or lacks what is needed',
    ],
    ['stopped', { targets: [target({ state: 'stopped' })] }, 'not-protecting', 'a is stopped'],
    ['the rule is gone', { targets: [target(gone)] }, 'not-protecting', 'a: the rule is gone'],
    ['a doubt', { targets: [target(fresh)] }, 'partly', 'a: no rule was seen'],
    [
      'cut by MAX_ENTRIES',
      { targets: [target({ desired: 1000, held: 1000, limit: 1000, skipped: { 'over MAX_ENTRIES': 1520 } })] },
      'partly',
      "a: 1,000 of 2,520 are blocked: MAX_ENTRIES (or the device's own limit) is 1,000",
    ],
    ['refused entries', { targets: [target({ refused: 2, held: 1 })] }, 'partly', 'a refused 2 entries'],
    [
      'no ranges',
      { targets: [target({ skipped: { 'ranges are not supported': 1 } })] },
      'partly',
      /1 entry left out: ranges/,
    ],
    [
      'a family switched off',
      { targets: [target({ skipped: { 'address family is switched off': 5 } })] },
      'protecting',
      /5 entries left out/,
    ],
    [
      'something that cannot be seen from here',
      { targets: [target({ concerns: [{ level: 'unseen', seen: 'not seen', fix: 'look' }] })] },
      'protecting',
      'a: not seen',
    ],
    [
      'held back removals',
      { targets: [target({ guard: { removals: 8000, held: 10_000, since: now, until: now + 600_000 } })] },
      'protecting',
      /8,000 removals are held back/,
    ],
    [
      'behind for long',
      { targets: [target({ held: 2, lastSeenAt: now - 40_000 })] },
      'partly',
      'a: 2 of 3 are blocked',
    ],
    ['writing just now', { targets: [target({ held: 2 })] }, 'protecting', ''],
    [
      'out of step for long',
      { targets: [target({ state: 'reconciling', lastSeenAt: now - 40_000 })] },
      'partly',
      'a: out of step for 40 s',
    ],
    [
      'connecting for the first time',
      { targets: [targetStatus({ state: 'connecting', held: 0 })] },
      'starting',
      /connecting/,
    ],
    [
      'the first load',
      { targets: [targetStatus({ state: 'reconciling', held: 1 })] },
      'starting',
      /being loaded, 1 of 3/,
    ],
    ['a dry run', { targets: [target({ state: 'dry-run', held: 0 })] }, 'dry-run', /dry run, nothing is written/],
    // several
    ['one of two away', { targets: [target(), target({ name: 'b', state: 'away' })] }, 'partly', /b does not answer/],
    [
      'both away',
      { targets: [target({ state: 'away' }), target({ name: 'b', state: 'away' })] },
      'not-protecting',
      /a does.*b does/s,
    ],
    [
      'a dry run beside one that protects',
      { targets: [target(), target({ name: 'b', state: 'dry-run' })] },
      'partly',
      /b: dry run/,
    ],
    [
      'a dry run beside one that is away',
      { targets: [target({ state: 'away' }), target({ state: 'dry-run' })] },
      'not-protecting',
      /./,
    ],
    [
      'one still loads',
      { targets: [target(), targetStatus({ name: 'b', state: 'reconciling' })] },
      'starting',
      /b: being loaded/,
    ],
    [
      'one loads, one is away',
      { targets: [target({ state: 'away' }), targetStatus({ state: 'reconciling' })] },
      'not-protecting',
      /./,
    ],
  ])('%s', (_name, change, word, reason) => {
    const { verdict: said, reasons } = judge(change);
    expect(said).toBe(word);
    if (reason === '') expect(reasons).toEqual([]);
    else expect(reasons.join('\n')).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
  });

  it('says protecting only when every part was seen to be well a moment ago, and always says why not', () => {
    const states: TargetState[] = ['connecting', 'reconciling', 'in-step', 'away', 'refused', 'dry-run', 'stopped'];
    const parts = states.flatMap((state) =>
      [{}, fresh, gone, { refused: 1 }, { skipped: { 'over MAX_ENTRIES': 1 } }].flatMap((change) => [
        target({ state, ...change }),
        targetStatus({ name: 'never seen', state, ...change }),
      ]),
    );
    const streams = [0, 31_000, 200_000].flatMap((age) =>
      (['ok', 'failing'] as const).map((state) => stream({ state, lastPullAt: now - age })),
    );
    for (const left of parts) {
      for (const right of parts) {
        for (const each of streams) {
          const { verdict: said, reasons } = judge({ targets: [left, right], stream: each });
          const isWell = [left, right].every(
            ({ state, concerns, refused, skipped, lastSeenAt }) =>
              (state === 'in-step' || (/ing$/.test(state) && lastSeenAt !== undefined)) &&
              concerns.length === 0 &&
              refused === 0 &&
              !('over MAX_ENTRIES' in skipped),
          );
          expect(said === 'protecting').toBe(isWell && now - (each.lastPullAt ?? 0) < 30_000);
          if (said !== 'protecting') expect(reasons).not.toEqual([]);
        }
      }
    }
  });
});
