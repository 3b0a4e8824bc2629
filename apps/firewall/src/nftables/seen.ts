import { TransientError } from '@bouncer/stream';
import * as z from 'zod';
import type { RunProgram } from '../program.ts';
import type { Layout } from './layout.ts';
import { PREFIX } from './names.ts';
import { isSameRule } from './same-rule.ts';

const inTable = { family: z.string(), table: z.string() };
const setShape = z.object({ ...inTable, name: z.string(), type: z.unknown(), flags: z.array(z.string()).default([]) });
const counterShape = z.object({ ...inTable, name: z.string(), packets: z.number(), bytes: z.number() });
const chainShape = z.object({
  ...inTable,
  name: z.string(),
  type: z.string().optional(),
  hook: z.string().optional(),
  prio: z.number().optional(),
  policy: z.string().optional(),
  dev: z.union([z.string(), z.array(z.string())]).optional(),
});
const ruleShape = z.object({ ...inTable, chain: z.string(), comment: z.string().optional(), expr: z.unknown() });
/** Of nftables' own documentation, nft(8). */
const TABLE_FLAGS: readonly string[] = ['dormant', 'owner', 'persist'];
const tableShape = z.object({ family: z.string(), name: z.string(), flags: z.unknown().optional() });
const flowtableShape = z.object({ ...inTable, name: z.string() });
const answerShape = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) });

type SeenRule = z.infer<typeof ruleShape>;

/** What stands in our table, elements left out. */
export interface Seen {
  /** False when there is no such table. */
  readonly table: boolean;
  /** True while somebody has switched the table off (`flags dormant`): then nothing else of it is told. */
  readonly asleep: boolean;
  /** True when there is something in the table that is not ours. */
  readonly shared: boolean;
  readonly sets: readonly z.infer<typeof setShape>[];
  readonly counters: readonly z.infer<typeof counterShape>[];
  readonly chains: readonly z.infer<typeof chainShape>[];
  /** All rules of the table. */
  readonly rules: readonly SeenRule[];
  /** All chains of the table that hang at a hook, ours and others. */
  readonly bases: readonly { readonly name: string; readonly type: string; readonly hook: string }[];
  /** Flowtables of any table of the family. */
  readonly flowtables: readonly string[];
}

/** Nothing is there. */
export const NOTHING_SEEN: Seen = {
  table: false,
  asleep: false,
  shared: false,
  sets: [],
  counters: [],
  chains: [],
  rules: [],
  bases: [],
  flowtables: [],
};

/**
 * Looks at the table without its elements. Costs 10 ms whatever the sets hold: of all ways to ask, `nft -t list
 * ruleset` is the only one for which nft 1.0.6 does not fetch every element from the kernel first.
 */
export async function look(run: RunProgram, table: string, signal: AbortSignal): Promise<Seen> {
  try {
    return readSeen(await run({ program: 'nft', args: ['-j', '-t', 'list', 'ruleset', 'inet'], signal }), table);
  } catch (error) {
    signal.throwIfAborted();
    const seen = await lookAround(run, table, signal).catch(() => undefined);
    if (seen) return seen;
    throw error;
  }
}

/**
 * nft 1.0.6 breaks off its JSON at any table with flags: one that somebody has put to sleep, or one of firewalld, which has
 * an owner. Text tells of the flags; our table alone is told as JSON, at the cost of its elements being fetched.
 */
async function lookAround(run: RunProgram, table: string, signal: AbortSignal): Promise<Seen | undefined> {
  const text = await run({ program: 'nft', args: ['-t', 'list', 'ruleset', 'inet'], signal });
  const flags = new Map(
    [...text.matchAll(/^table inet (\S+) \{(?:[^\n]*\n\tflags ([^\n]*))?/gm)].map(([, name, all]) => [name, all]),
  );
  if (![...flags.values()].some((all) => all !== undefined)) return undefined;
  if (!flags.has(table)) return NOTHING_SEEN;
  if (flags.get(table)?.includes('dormant') === true)
    return { ...NOTHING_SEEN, table: true, asleep: true, shared: true };
  const json = await run({ program: 'nft', args: ['-j', '-t', 'list', 'table', 'inet', table], signal });
  return readSeen(json, table, true);
}

/**
 * Reads the answer to that; `isAwake` where the flags of our table are known otherwise.
 * @throws TransientError for text that is none, and for flags that are none: nft 1.0.6 puts other words in their place.
 */
function readSeen(text: string, table: string, isAwake = false): Seen {
  const noListing = (cause?: unknown): TransientError =>
    new TransientError('nft answered something that is no listing', { cause, hint: 'nft 0.9.3 or newer is needed' });
  let rows: readonly Record<string, unknown>[];
  try {
    rows = answerShape.parse(JSON.parse(text)).nftables;
  } catch (error) {
    throw noListing(error);
  }
  const all = <T extends { table: string }>(kind: string, shape: z.ZodType<T>): T[] =>
    rows.flatMap((row) => {
      const parsed = shape.safeParse(row[kind]);
      return parsed.success && parsed.data.table === table ? [parsed.data] : [];
    });
  const isOurs = ({ name }: { readonly name: string }): boolean => name.startsWith(PREFIX);
  const sets = all('set', setShape);
  const counters = all('counter', counterShape);
  const chains = all('chain', chainShape);
  const there = rows.flatMap((row) => {
    const parsed = tableShape.safeParse(row['table']).data;
    return parsed?.name === table ? [parsed] : [];
  });
  const flags = isAwake ? [] : there.flatMap((each) => each.flags ?? []);
  if (!flags.every((flag) => typeof flag === 'string' && TABLE_FLAGS.includes(flag))) throw noListing();
  const flowtables = rows.flatMap((row) => flowtableShape.safeParse(row['flowtable']).data ?? []);
  const foreign = rows.some((row) => isForeign(row, table));
  return {
    table: there.length > 0,
    asleep: flags.includes('dormant'),
    shared: foreign,
    sets: sets.filter(isOurs),
    counters: counters.filter(isOurs),
    chains: chains.filter(isOurs),
    rules: all('rule', ruleShape),
    bases: chains.flatMap(({ name, type, hook }) =>
      type === undefined || hook === undefined ? [] : [{ name, type, hook }],
    ),
    flowtables: flowtables.map((each) => `${each.family} ${each.table} ${each.name}`),
  };
}

/** Something in our table (a map, a chain, a rule's chain ...) that does not bear our prefix. */
function isForeign(row: Record<string, unknown>, table: string): boolean {
  return Object.entries(row).some(([kind, value]) => {
    if (kind === 'table' || kind === 'metainfo' || kind === 'rule') return false;
    const { table: place, name } = value as { table?: unknown; name?: unknown };
    return place === table && !String(name).startsWith(PREFIX);
  });
}

/** What is not as the layout wants it, in words; undefined when all is well. */
export function findDamage(layout: Layout, seen: Seen): string | undefined {
  if (!seen.table) return `table inet ${layout.table} is missing`;
  if (seen.asleep) return `table inet ${layout.table} is switched off (flags dormant)`;
  for (const { name, family, ranges } of layout.sets) {
    const set = seen.sets.find((each) => each.name === name);
    if (!set) return `set ${name} is missing`;
    if (set.type !== `ipv${family}_addr` || !set.flags.includes('timeout') || set.flags.includes('interval') !== ranges)
      return `set ${name} is of another kind`;
  }
  const counter = layout.counters.find((name) => !seen.counters.some((each) => each.name === name));
  if (counter !== undefined) return `counter ${counter} is missing`;
  const extra = seen.chains.find(({ name }) => !layout.chains.some((chain) => chain.name === name));
  if (extra) return `chain ${extra.name} is left over`;
  return findChainDamage(layout, seen);
}

function findChainDamage({ chains, mark }: Layout, seen: Seen): string | undefined {
  for (const { name, hook, priority, devices, rules } of chains) {
    const chain = seen.chains.find((each) => each.name === name);
    if (!chain) return `chain ${name} is missing`;
    const kind = hook === undefined ? [undefined, undefined] : ['filter', 'accept'];
    if (chain.hook !== hook || chain.prio !== priority || chain.type !== kind[0] || chain.policy !== kind[1])
      return `chain ${name} hangs elsewhere`;
    // nft 1.0.6 does not tell them; then the mark of the rules does, which is another one for other interfaces.
    if (chain.dev !== undefined && [chain.dev].flat().sort().join() !== [...(devices ?? [])].sort().join())
      return `chain ${name} hangs at other interfaces`;
    const found = seen.rules.filter((rule) => rule.chain === name);
    if (found.length !== rules.length) return `chain ${name} has ${found.length} rules, not ${rules.length}`;
    const odd = found.findIndex(
      ({ comment, expr }, index) => comment !== mark || !isSameRule(expr, rules[index] ?? ''),
    );
    if (odd !== -1) return `rule ${odd + 1} of chain ${name} is another one`;
  }
  return undefined;
}
