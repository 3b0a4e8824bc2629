import type { Entry } from '@bouncer/stream';
import { MOST_ORIGINS } from './layout.ts';

/** The label of an origin in counters, as CrowdSec's own bouncers have it. */
export function originLabel({ origin, scenario }: Pick<Entry, 'origin' | 'scenario'>): string {
  const label = origin === 'lists' && scenario !== '' ? `lists:${scenario}` : origin;
  return label.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);
}

/** Numbers the origins of entries as they come. */
export class Labels {
  readonly #byOrigin = new Map<string, Map<string, number>>();
  readonly #labels: string[] = [];
  /** The last answer: neighbours mostly have the same origin. */
  #lastOrigin = '';
  #lastKey = '';
  #lastNumber: number | undefined;

  /** The number of this entry's origin, from 0 in order of appearance. */
  numberOf({ origin, scenario }: Entry): number {
    const key = origin === 'lists' ? scenario : '';
    if (this.#lastNumber !== undefined && origin === this.#lastOrigin && key === this.#lastKey) return this.#lastNumber;
    let numbers = this.#byOrigin.get(origin);
    if (!numbers) this.#byOrigin.set(origin, (numbers = new Map<string, number>()));
    let number = numbers.get(key);
    if (number === undefined) {
      number = this.#labels.push(originLabel({ origin, scenario: key })) - 1;
      numbers.set(key, number);
    }
    this.#lastOrigin = origin;
    this.#lastKey = key;
    this.#lastNumber = number;
    return number;
  }

  /** The names sorted, so that entries in another order give the same file, and for each number the index of its name. */
  settle(): { readonly names: readonly string[]; readonly indexes: Uint8Array } {
    const sorted = [...new Set(this.#labels)].sort();
    const names = sorted.length <= MOST_ORIGINS ? sorted : [...sorted.slice(0, MOST_ORIGINS - 1), 'other'];
    const indexes = Uint8Array.from(this.#labels, (label) => {
      const index = names.indexOf(label);
      return index === -1 ? names.length - 1 : index;
    });
    return { names, indexes };
  }
}
