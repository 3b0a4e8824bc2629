import { comparePrefixes } from './prefix.ts';
import type { Prefix } from './prefix.ts';

/** What a table has counted. */
export interface TableCounters {
  packets: number;
  bytes: number;
}

/** One pf table in the kernel. */
export class PfTable {
  readonly name: string;
  persist = false;
  readonly entries = new Map<string, Prefix>();
  counters: TableCounters = { packets: 0, bytes: 0 };
  cleared: Date;

  constructor(name: string, now: Date) {
    this.name = name;
    this.cleared = now;
  }

  /** How many were new. */
  add(prefixes: readonly Prefix[]): number {
    const before = this.entries.size;
    for (const prefix of prefixes) this.entries.set(prefix.text, prefix);
    return this.entries.size - before;
  }

  /** How many were there. */
  remove(prefixes: readonly Prefix[]): number {
    const before = this.entries.size;
    for (const { text } of prefixes) this.entries.delete(text);
    return before - this.entries.size;
  }

  /** One ioctl: all or nothing. */
  replace(prefixes: readonly Prefix[]): { added: number; deleted: number } {
    const wanted = new Map(prefixes.map((prefix) => [prefix.text, prefix]));
    const gone = [...this.entries.values()].filter(({ text }) => !wanted.has(text));
    const added = this.add([...wanted.values()]);
    return { added, deleted: this.remove(gone) };
  }

  sorted(): Prefix[] {
    return [...this.entries.values()].sort(comparePrefixes);
  }
}
