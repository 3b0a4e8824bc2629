import { textOfWord } from '../protocol/codec.ts';
import type { Request } from '../protocol/request.ts';

/** One executed command, for assertions. Passwords are left out. */
export interface CommandRecord {
  readonly command: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly queries: readonly string[];
}

/** The last commands that were executed. */
export class CommandLog {
  readonly #limit: number;
  #requests: Request[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(request: Request): void {
    this.#requests.push(request);
    if (this.#requests.length > 2 * this.#limit) this.#requests = this.#requests.slice(-this.#limit);
  }

  /** Oldest first. */
  get records(): CommandRecord[] {
    return this.#requests.slice(-this.#limit).map(({ command, attributes, queries }) => ({
      command,
      attributes: Object.fromEntries(
        [...attributes]
          .filter(([name]) => name !== 'password' && name !== 'response')
          .map(([name, value]) => [name, textOfWord(value)]),
      ),
      queries: queries.map(textOfWord),
    }));
  }
}
