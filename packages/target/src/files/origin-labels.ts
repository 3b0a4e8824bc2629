import { originLabel } from '@bouncer/stream';
import type { Entry } from '@bouncer/stream';

/** Lists known by name. `cscli decisions import` takes any text, so there is no natural end. */
const MAX_LISTS = 1000;

/** The labels of origins, each text once: as many entries as there may be hold one. */
export class OriginLabels {
  readonly #lists = new Map<string, string>();

  /** `crowdsec`, `lists:NAME`. */
  of(entry: Pick<Entry, 'origin' | 'scenario'>): string {
    if (entry.origin !== 'lists') return entry.origin;
    const known = this.#lists.get(entry.scenario);
    if (known !== undefined) return known;
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear();
    const label = originLabel(entry);
    this.#lists.set(entry.scenario, label);
    return label;
  }
}
