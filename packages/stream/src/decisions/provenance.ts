import type { Family } from '../net/network.ts';
import { clipText } from './clip-text.ts';
import type { Entry } from './entry.ts';

/** Networks blocked because of one origin, by family. */
export interface OriginCount {
  /** Origin as LAPI names it; `lists:NAME` for lists; `other` once there are too many to tell apart. */
  readonly origin: string;
  readonly family: Family;
  readonly count: number;
}

/** Networks blocked because of one scenario. */
export interface ScenarioCount {
  /** As LAPI names it, or the name of a list. Untrusted text. */
  readonly scenario: string;
  readonly count: number;
}

/** Counter shared by all provenances of one origin label. */
interface Tally {
  readonly origin: string;
  ipv4: number;
  ipv6: number;
}

/** Who asked for what, and why. Shared by all decisions with the same texts, so that each holds one pointer. */
export interface Provenance {
  /** Decision type, one of those that are enforced. */
  readonly type: string;
  readonly origin: string;
  readonly scenario: string;
  /** See `originRank`. */
  readonly rank: number;
  readonly tally: Tally;
  /** Networks that show this very provenance. */
  networks: number;
}

/** A LAPI column holds 255 characters; whatever is longer was made up. */
const MAX_TEXT_LENGTH = 255;
/** Distinct texts kept. `cscli decisions add --reason` takes free text, so there is no natural end. */
const MAX_PROVENANCES = 10_000;
/** Distinct labels in metrics. */
const MAX_LABELS = 200;

const RANKS: Readonly<Record<string, number>> = {
  crowdsec: 0,
  cscli: 1,
  'cscli-import': 2,
  console: 3,
  remediation_sync: 3,
  lists: 4,
  CAPI: 5,
};

/** How local an origin is: 0 is this machine's own detection, the highest is the community list. Unknown ones rank with lists. */
export function originRank(origin: string): number {
  return Object.hasOwn(RANKS, origin) ? (RANKS[origin] ?? 4) : 4;
}

/** The label of an origin where origins are counted: `crowdsec`, and each list by its name: `lists:NAME`. */
export function originLabel({ origin, scenario }: Pick<Entry, 'origin' | 'scenario'>): string {
  return origin === 'lists' && scenario !== '' ? `lists:${scenario}` : origin;
}

/** Interns types, origins and scenarios, and counts networks by origin. */
export class Provenances {
  /** By type, origin and scenario. */
  readonly #provenances = new Map<string, Map<string, Map<string, Provenance>>>();
  readonly #tallies = new Map<string, Tally>();
  #size = 0;

  /** The provenance for these texts, origin and scenario cut to 255 characters. */
  of(origin: string, scenario: string, type = 'ban'): Provenance {
    const known = this.#provenances.get(type)?.get(origin)?.get(scenario);
    if (known) return known;
    // Decisions keep the provenance they have; a fresh table is cheaper than to find out which ones are still in use.
    if (this.#size >= MAX_PROVENANCES) {
      this.#provenances.clear();
      this.#size = 0;
    }
    const [shortOrigin, shortScenario] = [clipText(origin, MAX_TEXT_LENGTH), clipText(scenario, MAX_TEXT_LENGTH)];
    const label = originLabel({ origin: shortOrigin, scenario: shortScenario });
    const provenance: Provenance = {
      type: clipText(type, MAX_TEXT_LENGTH),
      origin: shortOrigin,
      scenario: shortScenario,
      rank: originRank(shortOrigin),
      tally: this.#tallyOf(label),
      networks: 0,
    };
    const byOrigin = this.#provenances.get(provenance.type) ?? new Map<string, Map<string, Provenance>>();
    const byScenario = byOrigin.get(shortOrigin) ?? new Map<string, Provenance>();
    this.#provenances.set(provenance.type, byOrigin.set(shortOrigin, byScenario.set(shortScenario, provenance)));
    this.#size++;
    return provenance;
  }

  /** Adds to the count of this provenance's origin; `change` is +1 or -1. */
  count(provenance: Provenance, family: Family, change: number): void {
    provenance.networks += change;
    if (family === 4) provenance.tally.ipv4 += change;
    else provenance.tally.ipv6 += change;
  }

  /** A network shows another one than before. */
  move(before: Provenance, after: Provenance, family: Family): void {
    if (before === after) return;
    this.count(before, family, -1);
    this.count(after, family, 1);
  }

  /** Counts that are not zero. */
  counts(): OriginCount[] {
    return [...this.#tallies.values()].flatMap(({ origin, ipv4, ipv6 }): OriginCount[] => [
      ...(ipv4 > 0 ? [{ origin, family: 4 as const, count: ipv4 }] : []),
      ...(ipv6 > 0 ? [{ origin, family: 6 as const, count: ipv6 }] : []),
    ]);
  }

  /**
   * The scenarios with the most networks, largest first. O(provenances): for whoever looks, not for every poll. Provenances that
   * were dropped because there were too many are in no scenario's count.
   */
  topScenarios(max: number): ScenarioCount[] {
    const counts = new Map<string, number>();
    for (const byOrigin of this.#provenances.values()) {
      for (const byScenario of byOrigin.values()) {
        for (const { scenario, networks } of byScenario.values()) {
          if (networks > 0) counts.set(scenario, (counts.get(scenario) ?? 0) + networks);
        }
      }
    }
    const sorted = [...counts].sort((left, right) => right[1] - left[1]);
    return sorted.slice(0, max).map(([scenario, count]) => ({ scenario, count }));
  }

  #tallyOf(label: string): Tally {
    const full = this.#tallies.size >= MAX_LABELS && !this.#tallies.has(label);
    const name = full ? 'other' : label;
    let tally = this.#tallies.get(name);
    if (!tally) this.#tallies.set(name, (tally = { origin: name, ipv4: 0, ipv6: 0 }));
    return tally;
  }
}
