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
      { numRuns: 3000 * Number(process.env['FUZZ_SCALE'] ?? 1) },
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
  const unused = 'no rule that all meets uses banned';
  it.each([
    ['a block', [block], 'blocked', ''],
    [
      'an established connection first',
      [plain('accept', { narrow: true, text: 'est' }), block],
      'open',
      'the rule "est" in chain start lets all through before the rule for banned',
    ],
    [
      'a mark first',
      [plain('accept', { obscure: true, text: 'mark' }), block],
      'doubtful',
      'the rule "mark" in chain start may let all through before the rule for banned',
    ],
    ['a queue first', [plain('unknown', { text: 'queue' }), { ...block }], 'unused', unused],
    [
      'a narrowed block',
      [plain('block', { set: SET, narrow: true, text: 'port 22' })],
      'open',
      'the rule "port 22" blocks only some of what is in banned (all)',
    ],
    ['everything let in first', [plain('accept', {}), block], 'unused', unused],
    ['another set', [plain('block', { set: 'other' })], 'unused', unused],
    ['no rule that blocks', [plain('return', { set: SET })], 'unused', unused],
  ] as const)('knows %s', (_what, rules, state, seen) => {
    expect(judge({ name: 'all', starts: [startOf(rules)] }, SET)).toEqual({ state, seen });
  });

  it('is that of the best of the chains that a packet meets one after the other', () => {
    const doubtful = startOf([plain('accept', { obscure: true }), block]);
    const open = startOf([plain('accept', { narrow: true }), block]);
    const stateOf = (...starts: readonly ReturnType<typeof startOf>[]) => judge({ name: 'all', starts }, SET).state;
    expect(stateOf(open, startOf([block]), doubtful)).toBe('blocked');
    expect(stateOf(startOf([]), open, doubtful)).toBe('doubtful');
    expect(stateOf(startOf([]), open)).toBe('open');
    expect(stateOf()).toBe('unused');
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

  it('says what is open, what may be, and what to do', () => {
    const path = (name: string, rules: readonly Step[]) => ({ name, starts: [startOf(rules)] });
    const narrowed = path('this', [plain('block', { set: SET, narrow: true, text: 'port 22' })]);
    const doubtful = path('that', [plain('accept', { obscure: true, text: 'mark' }), block]);
    const first = 'put the rule for the set first and whole: fix';
    expect(judgeOwnRules({ input: narrowed, forward: doubtful }, SET, true, 'fix')).toEqual([
      { level: 'fail', seen: 'the rule "port 22" blocks only some of what is in banned (this)', fix: first },
      {
        level: 'warn',
        seen: 'the rule "mark" in chain start may let that through before the rule for banned',
        fix: first,
      },
    ]);
    const [whole, none] = [path('this', [block]), path('that', [])];
    expect(judgeOwnRules({ input: whole, forward: none }, SET, true, 'fix')).toEqual([
      {
        level: 'warn',
        seen: 'no rule that that meets uses banned: containers and networks behind this host are open',
        fix: 'fix',
      },
    ]);
    expect(judgeOwnRules({ input: none, forward: whole }, SET, false, 'fix')).toEqual([
      { level: 'warn', seen: 'no rule that that meets uses banned', fix: 'fix' },
    ]);
    expect(judgeOwnRules({ input: none, forward: none }, SET, false, 'fix')).toEqual([
      { level: 'fail', seen: 'FIREWALL_SET_ONLY is set, and no rule that is reached uses banned to block', fix: 'fix' },
    ]);
  });
});

function startOf(rules: readonly Step[]) {
  return { chains: new Map([['start', rules]]), start: 'start' };
}

function plain(effect: Effect, more: Partial<Step>): Step {
  return { text: effect, effect, narrow: false, obscure: false, ...more };
}
