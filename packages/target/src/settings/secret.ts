import { inspect } from 'node:util';

/** A password or key. Turns into `***` wherever it is printed by mistake; only `value()` gives it. */
export class Secret {
  #value: string;
  readonly #reread: (() => string | undefined) | undefined;

  /** `reread` looks again where the secret came from; undefined when nothing usable is there. */
  constructor(value: string, reread?: () => string | undefined) {
    this.#value = value;
    this.#reread = reread;
  }

  /** The secret as last read. Ask for it at every use: it may have been rotated. */
  value(): string {
    return this.#value;
  }

  /**
   * Reads the file again, if it came from one. Call it after a refusal (401, 403, a failed login).
   * @returns true when it changed. Never throws: an unreadable file keeps the old value.
   */
  refresh(): boolean {
    const value = this.#reread?.();
    if (value === undefined || value === this.#value) return false;
    this.#value = value;
    return true;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}
