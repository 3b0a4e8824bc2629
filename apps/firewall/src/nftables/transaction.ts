import { printElement } from './script.ts';
import type { Element } from './script.ts';

/** Elements on one line of a script. */
const ELEMENTS = 500;

/**
 * One transaction for `nft -f -`. nft takes the end of its input for the end of the script, so if we were killed while
 * we write, it would carry out the first half. Therefore everything that acts stands in the very last piece, a few
 * kilobytes that reach nft whole or not at all; what goes before only prepares (tables and sets that may be there
 * already) and defines (all the addresses).
 */
export class Transaction {
  readonly #before: string[] = [];
  readonly #definitions: (() => Generator<string>)[] = [];
  readonly #acts: string[] = [];

  /** A command that does no harm if nothing follows. */
  prepare(command: string): void {
    this.#before.push(`${command}\n`);
  }

  /** A command that only makes sense with those around it. */
  act(command: string): void {
    this.#acts.push(`${command}\n`);
  }

  /** Does the same to many elements, one verb after the other; nothing when there are none. */
  elements<T>(
    verbs: readonly ('add' | 'delete')[],
    place: string,
    items: readonly T[],
    toElement: (item: T) => Element,
  ): void {
    if (items.length === 0) return;
    const name = `elements_${this.#definitions.length}`;
    this.#definitions.push(() => definition(name, items, toElement));
    for (const verb of verbs) this.act(`${verb} element ${place} $${name}`);
  }

  /** The script, made while it is read. Its last piece is all that acts; it comes once `turn` has resolved. */
  async *script(turn?: Promise<unknown>): AsyncGenerator<string> {
    yield* this.#before;
    for (const define of this.#definitions) yield* define();
    await turn;
    yield this.#acts.join('');
  }
}

function* definition<T>(name: string, items: readonly T[], toElement: (item: T) => Element): Generator<string> {
  yield `define ${name} = { `;
  for (let start = 0; start < items.length; start += ELEMENTS) {
    const printed = items.slice(start, start + ELEMENTS).map((item) => printElement(toElement(item)));
    yield `${start === 0 ? '' : ',\n'}${printed.join(', ')}`;
  }
  yield ' }\n';
}
