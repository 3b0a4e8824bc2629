import type { HeldEntry } from '@bouncer/target';
import { MAX_ORIGINS } from './layout.ts';

/** The label of an origin as a file can carry it. */
export function printableLabel({ origin = '' }: Pick<HeldEntry, 'origin'>): string {
  return origin.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);
}

/** Numbers the origins of entries as they come. */
export class Labels {
  readonly #byOrigin = new Map<string, number>();
  readonly #labels: string[] = [];
  /** The last answer: neighbours mostly have the same origin. */
  #lastOrigin: string | undefined;
  #lastNumber = 0;

  /** The number of this entry's origin, from 0 in order of appearance. */
  numberOf({ origin = '' }: HeldEntry): number {
    if (origin === this.#lastOrigin) return this.#lastNumber;
    let number = this.#byOrigin.get(origin);
    if (number === undefined) {
      number = this.#labels.push(printableLabel({ origin })) - 1;
      this.#byOrigin.set(origin, number);
    }
    this.#lastOrigin = origin;
    this.#lastNumber = number;
    return number;
  }

  /** The names sorted, so that entries in another order give the same file, and for each number the index of its name. */
  settle(): { readonly names: readonly string[]; readonly indexes: Uint8Array } {
    const sorted = [...new Set(this.#labels)].sort();
    const names = sorted.length <= MAX_ORIGINS ? sorted : [...sorted.slice(0, MAX_ORIGINS - 1), 'other'];
    const indexes = Uint8Array.from(this.#labels, (label) => {
      const index = names.indexOf(label);
      return index === -1 ? names.length - 1 : index;
    });
    return { names, indexes };
  }
}
