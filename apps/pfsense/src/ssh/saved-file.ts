import type { Clock, Network } from '@bouncer/stream';
import { linesOf, renderList } from '../list/alias-file.ts';
import { cksum } from './cksum.ts';

/** It is written no oftener, for the sake of the flash. Milliseconds. */
const SAVE_INTERVAL_MS = 10 * 60_000;

/** The file behind a table: what a filter reload or a reboot brings back. */
export class SavedFile {
  readonly #exists: boolean;
  readonly #clock: Clock;
  /** Checksum of the file as we wrote or found it in order. */
  #sum = '';
  #savedAt = -Infinity;
  /** Entries in the file, as we wrote or found it. */
  #entries = 0;
  /** The table is ahead of the file. */
  #isStale = false;
  #trouble = '';

  /** `exists` is false for a table alone: then nothing is ever stale. */
  constructor(exists: boolean, clock: Clock) {
    this.#exists = exists;
    this.#clock = clock;
  }

  get exists(): boolean {
    return this.#exists;
  }

  get sum(): string {
    return this.#sum;
  }

  get isStale(): boolean {
    return this.#isStale;
  }

  /** True when the file is behind and may be written again; at once where it holds more than there is room for. */
  isDue(room = Infinity): boolean {
    const isRested = this.#clock.now() >= this.#savedAt + SAVE_INTERVAL_MS;
    return this.#isStale && (isRested || this.isOver(room));
  }

  /** True when it holds more than pf has room for, so that a filter reload would fail. One in trouble waits its time. */
  isOver(room: number): boolean {
    return this.#exists && this.#trouble === '' && this.#entries > room;
  }

  /** The table has changed, and the file has not. */
  tableChanged(): void {
    this.#isStale = this.#exists;
  }

  /** Why it could not be written the last time; empty when it was. */
  get trouble(): string {
    return this.#trouble;
  }

  /**
   * Takes the checksum that was found. False when it is missing, somebody else's, or left behind by one of us that was
   * killed; one that could not be written is not tried again at every look.
   */
  isInOrder(found: string, networks: Iterable<Network>): boolean {
    if (!this.#exists || (found !== '' && found === this.#sum)) return true;
    if (this.#trouble !== '' && !this.isDue()) return true;
    const list = renderList(networks);
    if (found !== cksum(list)) return false;
    this.#sum = found;
    this.#entries = linesOf(list).length;
    this.#isStale = false;
    return true;
  }

  /** It holds this list now. */
  saved(list: Buffer): void {
    this.#isStale = false;
    this.#trouble = '';
    this.#savedAt = this.#clock.now();
    this.#entries = linesOf(list).length;
    if (this.#exists) this.#sum = cksum(list);
  }

  /** It could not be written, and may be what it was or nothing. */
  notSaved(trouble: string, found: string): void {
    this.#isStale = true;
    this.#trouble = trouble;
    this.#savedAt = this.#clock.now();
    this.#sum = found;
  }

  /** Of another connection: it is judged anew. */
  forget(): void {
    this.#isStale = false;
  }
}
