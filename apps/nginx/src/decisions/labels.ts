import type { Entry } from '@bouncer/stream';
import { MOST_ORIGINS } from './layout.ts';

/** The label of an origin in counters, as CrowdSec's own bouncers have it. */
export function originLabel({ origin, scenario }: Pick<Entry, 'origin' | 'scenario'>): string {
  return (origin === 'lists' && scenario !== '' ? `lists:${scenario}` : origin)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 100);
}

/** The names of origins and their indexes. Names are sorted, so that the same entries in another order give the same file. */
export class Labels {
  readonly #byOrigin = new Map<string, Map<string, number>>();
  #names: string[] = [];

  add({ origin, scenario }: Entry): void {
    const key = origin === 'lists' ? scenario : '';
    let scenarios = this.#byOrigin.get(origin);
    if (!scenarios) this.#byOrigin.set(origin, (scenarios = new Map()));
    scenarios.set(key, 0);
  }

  names(): readonly string[] {
    const all = [...this.#byOrigin].flatMap(([origin, keys]) =>
      [...keys.keys()].map((key) => originLabel({ origin, scenario: key })),
    );
    const sorted = [...new Set(all)].sort();
    this.#names = sorted.length <= MOST_ORIGINS ? sorted : [...sorted.slice(0, MOST_ORIGINS - 1), 'other'];
    for (const [origin, keys] of this.#byOrigin) {
      for (const key of keys.keys()) {
        const index = this.#names.indexOf(originLabel({ origin, scenario: key }));
        keys.set(key, index === -1 ? this.#names.length - 1 : index);
      }
    }
    return this.#names;
  }

  indexOf({ origin, scenario }: Entry): number {
    return this.#byOrigin.get(origin)?.get(origin === 'lists' ? scenario : '') ?? 0;
  }
}
