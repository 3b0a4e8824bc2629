import type { Clock } from '@bouncer/stream';
import type { Device, Row } from './device.ts';

/**
 * A device in memory: the tests run on it before there is a real one. It blocks nothing, and says so: no rule uses its list.
 * Keep it beside your client as the device that tests can break.
 */
export class MemoryDevice implements Device {
  readonly #clock: Clock;
  readonly #rows = new Map<string, Row & { readonly end: number }>();
  #lastId = 0;
  /** Writes so far. */
  writes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect(signal: AbortSignal): Promise<void> {
    return this.#answer(signal, () => undefined);
  }

  rows(_list: string, signal: AbortSignal): Promise<readonly Row[]> {
    return this.#answer(signal, () => {
      const now = this.#clock.now() / 1000;
      for (const { id, end } of [...this.#rows.values()]) if (end <= now) this.#rows.delete(id);
      return [...this.#rows.values()].map(({ end, ...row }) => ({ ...row, timeout: Math.ceil(end - now) }));
    });
  }

  async count(list: string, signal: AbortSignal): Promise<number> {
    return (await this.rows(list, signal)).length;
  }

  put(_list: string, row: Omit<Row, 'id'>, signal: AbortSignal): Promise<string> {
    return this.#answer(signal, () => {
      const before = [...this.#rows.values()].find(({ address, comment }) => {
        return address === row.address && comment === row.comment;
      });
      const id = before?.id ?? `*${(this.#lastId += 1)}`;
      this.#rows.set(id, { ...row, id, end: this.#clock.now() / 1000 + row.timeout });
      this.writes += 1;
      return id;
    });
  }

  remove(_list: string, id: string, signal: AbortSignal): Promise<void> {
    return this.#answer(signal, () => {
      this.writes += this.#rows.delete(id) ? 1 : 0;
    });
  }

  isUsed(_list: string, signal: AbortSignal): Promise<boolean> {
    return this.#answer(signal, () => false);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Everything gone, as after a reboot. */
  wipe(): void {
    this.#rows.clear();
  }

  #answer<T>(signal: AbortSignal, make: () => T): Promise<T> {
    return new Promise((resolve) => {
      signal.throwIfAborted();
      resolve(make());
    });
  }
}
