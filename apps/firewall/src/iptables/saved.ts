import type { IsNeverBanned } from '../walk/sources.ts';
import type { Chains, Step } from '../walk/walk.ts';
import { readStep } from './rule-step.ts';
import type { Side } from './rule-step.ts';

/** A rule as `iptables-save -c` prints it. */
export interface SavedRule {
  readonly chain: string;
  /** Its text behind `-A CHAIN `: what `-D` takes. */
  readonly text: string;
  readonly packets: number;
  readonly bytes: number;
}

/** One table of one family. */
export interface SavedTable {
  /** Chains that are told; the built-in ones are not told while nobody has used the table. */
  readonly chains: ReadonlySet<string>;
  /** All of them, in order. */
  readonly rules: readonly SavedRule[];
}

/** Reads `iptables-save -c`: its tables by name. */
export function readSavedTables(text: string): ReadonlyMap<string, SavedTable> {
  const tables = new Map<string, { chains: Set<string>; rules: SavedRule[] }>();
  let table = { chains: new Set<string>(), rules: [] as SavedRule[] };
  for (const line of text.split('\n')) {
    const name = /^\*(\S+)/.exec(line)?.[1];
    if (name !== undefined) {
      table = { chains: new Set(), rules: [] };
      tables.set(name, table);
    }
    const chain = /^:(\S+) /.exec(line)?.[1];
    if (chain !== undefined) table.chains.add(chain);
    const [, packets, bytes, place, body] = /^\[(\d+):(\d+)\] -A (\S+) (.*)$/.exec(line) ?? [];
    if (place === undefined || body === undefined) continue;
    table.rules.push({ chain: place, text: body, packets: Number(packets), bytes: Number(bytes) });
  }
  return tables;
}

interface Walker {
  readonly side?: Side;
  /** Changes what a rule means. */
  readonly whole?: (step: Step) => Step;
}

/** The rules of a table as a packet from a banned source meets them (`src`), or one to a banned destination. */
export function chainsOf(
  { chains, rules }: SavedTable,
  isNeverBanned: IsNeverBanned,
  { side = 'src', whole = (step) => step }: Walker = {},
): Chains {
  const walked = new Map<string, Step[]>([...chains].map((chain) => [chain, []]));
  for (const { chain, text } of rules) {
    const step = readStep(text, chains, isNeverBanned, side);
    if (step) walked.get(chain)?.push(whole(step));
  }
  return walked;
}
