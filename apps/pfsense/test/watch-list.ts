import { HEADER } from '../src/list/alias-file.ts';
import type { World } from './world.ts';

/**
 * Looks at table and file of a firewall before every command that reaches pf, and keeps what must never be: a live ban
 * that was there and is not any more, and a list that is not whole.
 */
export class ListWatch {
  readonly wrongs: string[] = [];
  /** What must be blocked now. */
  readonly banned = new Set<string>();
  readonly #world: World;
  readonly #file: boolean;
  /** Seen in the table since it was last harmed. */
  #settled = new Set<string>();
  /** Every list that pf was given as a whole; the file can only be one of them. */
  readonly #lists = new Set<string>();
  #last = '';
  #count = 0;
  #later = (): void => {};

  constructor(world: World, file: boolean) {
    this.#world = world;
    this.#file = file;
    world.pfsense.intercept = ({ program, args, stdin }) => {
      this.look();
      this.#count -= 1;
      if (this.#count === 0) this.#later();
      if (program !== 'pfctl' || !args.includes('replace')) return undefined;
      // The table is given the list first; the file, if there is one, comes to hold the same.
      this.#whole(stdin);
      this.#lists.add(stdin);
      return undefined;
    };
    this.#lists.add(world.pfsense.fileOf() ?? '');
  }

  /** Compares with what was seen before. */
  look(): void {
    const held = new Set(this.#world.pfsense.entriesOf());
    for (const network of this.#settled) {
      if (held.has(network) || !this.banned.has(network)) continue;
      this.wrongs.push(`${network} is gone after ${this.#last}`);
      this.#settled.delete(network);
    }
    for (const network of held) if (this.banned.has(network)) this.#settled.add(network);
    const file = this.#file ? this.#world.pfsense.fileOf() : undefined;
    if (file !== undefined && !this.#lists.has(file)) {
      this.wrongs.push(`the file is none of the lists after ${this.#last}: ${file.slice(-80)}`);
      this.#lists.add(file);
    }
  }

  /** Something happens. What it does to table and file is its own doing, unless it is `innocent`. */
  during(what: string, harm: () => void, innocent = false): void {
    this.look();
    this.#last = what;
    harm();
    if (innocent) return;
    this.#settled = new Set();
    this.#lists.add(this.#world.pfsense.fileOf() ?? '');
  }

  /** Lets it happen just before the n-th command from now on reaches pf: in the middle of what we do. */
  later(commands: number, what: string, harm: () => void): void {
    this.#count = commands;
    this.#later = () => {
      this.during(`${what} in the middle`, harm);
    };
  }

  /** True when the table holds what is banned and nothing else. */
  isInStep(): boolean {
    const held = this.#world.pfsense.entriesOf() ?? [];
    return held.length === this.banned.size && held.every((network) => this.banned.has(network));
  }

  #whole(list: string): void {
    const entries = new Set(list.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
    const isCut = !list.endsWith('\n') || (this.#file && !list.startsWith(HEADER));
    const lacking = [...this.#settled].filter((network) => this.banned.has(network) && !entries.has(network));
    if (isCut || lacking.length > 0)
      this.wrongs.push(`a list of ${entries.size} is not whole after ${this.#last}: ${lacking.slice(0, 3).join()}`);
  }
}
