import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, judgeOwnRules } from './verdict.ts';
import { leadersTo, walk } from './walk.ts';
import type { Chains, Effect, Step } from './walk.ts';

const SET = 'banned';

/** A rule that also says which conditions of a packet it asks for. */
interface Conditional extends Step {
  readonly asks: readonly number[];
}

const CONDITIONS = 3;
const chainNames = ['start', 'a', 'b', 'c'];

/** Chains that only lead to later ones: kernels refuse loops. */
const rulesets: fc.Arbitrary<ReadonlyMap<string, readonly Conditional[]>> = fc
  .tuple(...chainNames.map((_, index) => fc.array(ruleIn(index), { maxLength: 5 })))
  .map((all) => new Map(all.map((rules, index) => [chainNames[index] ?? '', rules])));

function ruleIn(index: number): fc.Arbitrary<Conditional> {
  const later = chainNames.slice(index + 1);
  const effects: Effect[] = [
    'accept',
    'block',
    'return',
    'unknown',
    ...(later.length > 0 ? (['jump', 'goto'] as const) : []),
  ];
  return fc
    .record({
      effect: fc.constantFrom(...effects),
      target: fc.nat(),
      set: fc.constantFrom(undefined, SET, SET, 'other'),
      asks: fc.uniqueArray(fc.nat(CONDITIONS - 1), { maxLength: 2 }),
      obscure: fc.boolean(),
    })
    .map(({ effect, target, set, asks, obscure }) => ({
      text: `${effect} ${asks.join()}`,
      effect,
      chain: effect === 'jump' || effect === 'goto' ? later[target % later.length] : undefined,
      set,
      narrow: asks.length > 0,
      obscure: obscure && asks.length > 0,
      asks,
    }));
}

type Fate = 'accepted' | 'blocked' | 'out';

/** What becomes of one packet: the plainest interpreter that there is. An unknown effect may accept. */
function fateOf(
  chains: ReadonlyMap<string, readonly Conditional[]>,
  chain: string,
  packet: ReadonlySet<number | string>,
): Fate {
  for (const rule of chains.get(chain) ?? []) {
    if (rule.set !== undefined && !packet.has(rule.set)) continue;
    if (!rule.asks.every((condition) => packet.has(condition))) continue;
    if (rule.effect === 'block') return 'blocked';
    if (rule.effect === 'accept' || rule.effect === 'unknown') return 'accepted';
    if (rule.effect === 'return') return 'out';
    const fate = fateOf(chains, rule.chain ?? '', packet);
    if (fate !== 'out' || rule.effect === 'goto') return fate;
  }
  return 'out';
}

/** Every packet from a banned source: all conditions, in the other set or not. */
function packets(): readonly ReadonlySet<number | string>[] {
  const all: (number | string)[] = [...Array.from({ length: CONDITIONS }, (_, index) => index), 'other'];
  return Array.from(
    { length: 2 ** all.length },
    (_, bits) => new Set([SET, ...all.filter((_condition, index) => (bits >> index) & 1)]),
  );
}

describe('a walk through the rules', () => {
  it('says blocked only where every packet of the set is blocked', () => {
    let blocked = 0;
    fc.assert(
      fc.property(rulesets, (chains) => {
        const { end, openings } = walk(chains, 'start', SET);
        const fates = packets().map((packet) => fateOf(chains, 'start', packet));
        if (end === 'blocked' && openings.length === 0) {
          blocked += 1;
          expect(new Set(fates)).toEqual(new Set(['blocked']));
        }
        if (end === 'blocked') expect(fates).not.toContain('out');
        // Who is let through has met an opening that is named.
        if (fates.includes('accepted')) expect(openings.length).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
    expect(blocked).toBeGreaterThan(100);
  });

  it('says blocked for plain rules, in whatever chain they stand', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Effect>('jump', 'goto'), { maxLength: 3 }), (effects) => {
        const chains = new Map<string, Step[]>(
          effects.map((effect, index) => [chainNames[index] ?? '', [plain(effect, { chain: chainNames[index + 1] })]]),
        );
        chains.set(chainNames[effects.length] ?? '', [plain('block', { set: SET })]);
        expect(walk(chains, 'start', SET)).toEqual({ end: 'blocked', openings: [], partial: [] });
      }),
    );
  });

  it('ends in chains that lead round in a circle', () => {
    const chains: Chains = new Map([
      ['start', [plain('jump', { chain: 'a' })]],
      ['a', [plain('jump', { chain: 'start' })]],
    ]);
    expect(walk(chains, 'start', SET).end).toBe('through');
    expect(leadersTo(chains, ['start'], 'b')).toEqual([]);
    expect(leadersTo(chains, ['start'], 'a')).toEqual(['start']);
  });
});

describe('the verdict on a path', () => {
  const block = plain('block', { set: SET, text: 'the block' });
  it.each([
    ['a block', [block], 'blocked', ''],
    ['an established connection first', [plain('accept', { narrow: true, text: 'est' }), block], 'open', 'est'],
    ['a mark first', [plain('accept', { obscure: true, text: 'mark' }), block], 'doubtful', 'mark'],
    ['a queue first', [plain('unknown', { text: 'queue' }), { ...block }], 'unused', ''],
    ['a narrowed block', [plain('block', { set: SET, narrow: true, text: 'port 22' })], 'open', 'port 22'],
    ['everything let in first', [plain('accept', {}), block], 'unused', ''],
    ['another set', [plain('block', { set: 'other' })], 'unused', ''],
    ['no rule that blocks', [plain('return', { set: SET })], 'unused', ''],
  ] as const)('knows %s', (_what, rules, state, named) => {
    const verdict = judge({ name: 'all', starts: [{ chains: new Map([['start', rules]]), start: 'start' }] }, SET);
    expect(verdict.state).toBe(state);
    expect(verdict.seen).toContain(named);
  });

  it('asks the administrator for both paths, the forwarded one only where something is forwarded', () => {
    const path = (rules: readonly Step[]) => ({ name: 'x', starts: [{ chains: new Map([['c', rules]]), start: 'c' }] });
    const levels = (input: readonly Step[], forward: readonly Step[], isForwarding: boolean) =>
      judgeOwnRules({ input: path(input), forward: path(forward) }, SET, isForwarding, 'fix').map(({ level }) => level);
    expect(levels([block], [block], true)).toEqual([]);
    expect(levels([block], [], false)).toEqual([]);
    expect(levels([block], [], true)).toEqual(['warn']);
    expect(levels([], [block], true)).toEqual(['warn']);
    expect(levels([], [], false)).toEqual(['fail']);
  });
});

function plain(effect: Effect, more: Partial<Step>): Step {
  return { text: effect, effect, narrow: false, obscure: false, ...more };
}
