import type { Network } from '@bouncer/stream';
import type { DropCounters } from '@bouncer/target';
import { DropSplit, countRules } from '../rules/drop-split.ts';
import { familiesOf } from './read-table.ts';
import type { Report, TableReport } from './report.ts';

/** What the table has blocked, told apart by family as far as pf and the table's content allow. */
export class DropWatch {
  /** The families that the table may hold something of. */
  #families = new Set<4 | 6>();
  readonly #drops = new DropSplit();

  /** The table holds these and no others. */
  holds(networks: Iterable<Network>): void {
    this.#families = familiesOf(networks);
  }

  /** These come to it. */
  gets(networks: Iterable<Network>): void {
    for (const family of familiesOf(networks)) this.#families.add(family);
  }

  note({ blocks }: Report, { blocked, name }: TableReport): void {
    const counts = { table: blocked, rules: countRules(blocks, name) };
    this.#drops.note(counts, () => (this.#families.size === 1 ? [...this.#families][0] : undefined));
  }

  counters(): readonly DropCounters[] {
    return this.#drops.counters();
  }
}
