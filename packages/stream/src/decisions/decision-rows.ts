import type { Instant } from '../clock.ts';
import type { Network } from '../net/network.ts';
import { Decision } from './decision.ts';
import type { Entry } from './entry.ts';
import type { Provenance } from './provenance.ts';

/** Rows of one block, as a power of two. */
const BLOCK_BITS = 11;
const BLOCK_SIZE = 1 << BLOCK_BITS;
const NONE = -1;

/** Some rows. The set grows by whole blocks: arrays that grow leave themselves behind as garbage, as much again as they hold. */
class Block {
  readonly ids = new Float64Array(BLOCK_SIZE);
  readonly ends = new Int32Array(BLOCK_SIZE);
  readonly generations = new Int32Array(BLOCK_SIZE);
  readonly provenances: Provenance[] = [];
}

/**
 * Decisions as rows of numbers: 24 bytes each, where an object is 64, and nothing that the garbage collector has to walk
 * through. Whoever keeps a row's number keeps the row; a number is given out again once it was left.
 */
export class DecisionRows {
  readonly #blocks: Block[] = [];
  /** Numbers given out so far. */
  #size = 0;
  /** The row that was left last. Where its end was stands the one that was left before. */
  #left = NONE;

  /** O(1). Returns the number of the row. */
  add(id: number, end: Instant, provenance: Provenance, generation: number): number {
    let row = this.#left;
    if (row === NONE) {
      row = this.#size++;
      if (row >> BLOCK_BITS === this.#blocks.length) this.#blocks.push(new Block());
    } else this.#left = this.end(row);
    const { ids, generations } = this.#blockOf(row);
    ids[row % BLOCK_SIZE] = id;
    generations[row % BLOCK_SIZE] = generation;
    this.change(row, end, provenance);
    return row;
  }

  /** Leaves a row: its number means nothing from here on. */
  leave(row: number): void {
    this.#blockOf(row).ends[row % BLOCK_SIZE] = this.#left;
    this.#left = row;
  }

  change(row: number, end: Instant, provenance: Provenance): void {
    const { ends, provenances } = this.#blockOf(row);
    ends[row % BLOCK_SIZE] = end;
    provenances[row % BLOCK_SIZE] = provenance;
  }

  mark(row: number, generation: number): void {
    this.#blockOf(row).generations[row % BLOCK_SIZE] = generation;
  }

  id(row: number): number {
    return this.#blockOf(row).ids[row % BLOCK_SIZE] ?? 0;
  }

  end(row: number): Instant {
    return this.#blockOf(row).ends[row % BLOCK_SIZE] ?? 0;
  }

  generation(row: number): number {
    return this.#blockOf(row).generations[row % BLOCK_SIZE] ?? 0;
  }

  provenance(row: number): Provenance {
    const provenance = this.#blockOf(row).provenances[row % BLOCK_SIZE];
    if (!provenance) throw new RangeError('there is no such row');
    return provenance;
  }

  /** A copy. */
  decision(row: number, network: Network): Decision {
    return new Decision(network, this.id(row), this.end(row), this.provenance(row), this.generation(row));
  }

  /** A copy. */
  entry(row: number, network: Network): Entry {
    const { origin, scenario, type } = this.provenance(row);
    return { network, expiresAt: this.end(row), origin, scenario, type };
  }

  #blockOf(row: number): Block {
    const block = this.#blocks[row >> BLOCK_BITS];
    if (!block) throw new RangeError('there is no such row');
    return block;
  }
}
