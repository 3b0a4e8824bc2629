import { clipText } from './clip-text.ts';
import type { WireDecision } from './wire-decision.ts';

/** Names told of each kind; origins and types are free text, so there is no natural end. */
const MAX_NAMES = 12;
const MAX_NAME_LENGTH = 40;

/** What LAPI sent since the last full pull began, whether it is enforced or not. Untrusted texts, cut short. */
export interface SeenDecisions {
  readonly decisions: number;
  /** Of these, those that the filter (scope, type, origin, scenario) lets through. */
  readonly passed: number;
  /** How many of each origin; the thirteenth and later names count as `other`. */
  readonly origins: Readonly<Record<string, number>>;
  /** How many of each type. */
  readonly types: Readonly<Record<string, number>>;
}

/** Counts decisions as they come; keeps nothing but numbers. */
export class SeenTally {
  #decisions = 0;
  #passed = 0;
  readonly #origins = new Map<string, number>();
  readonly #types = new Map<string, number>();

  count({ origin, type }: WireDecision, passed: boolean): void {
    this.#decisions++;
    if (passed) this.#passed++;
    bump(this.#origins, origin);
    bump(this.#types, type);
  }

  snapshot(): SeenDecisions {
    return {
      decisions: this.#decisions,
      passed: this.#passed,
      origins: Object.fromEntries(this.#origins),
      types: Object.fromEntries(this.#types),
    };
  }
}

function bump(counts: Map<string, number>, name: string): void {
  const known = counts.get(name);
  if (known !== undefined) {
    counts.set(name, known + 1);
    return;
  }
  const label = counts.size < MAX_NAMES ? clipText(name, MAX_NAME_LENGTH) : 'other';
  counts.set(label, (counts.get(label) ?? 0) + 1);
}
