import type { PageVerdict } from '@bouncer/status-page';

/** Verdicts that are told, from best to worst. A start and a dry run are nobody's news. */
const ranks: readonly PageVerdict[] = ['protecting', 'partly', 'not-protecting'];

/** A verdict that has lasted, and is another one than the last that was told. */
export interface VerdictChange {
  readonly verdict: PageVerdict;
  /** What was told last, or held good in silence. */
  readonly before: PageVerdict;
  /** Since when it has been no better (or, on the way back, no worse), in milliseconds of the clock that is passed in. */
  readonly since: number;
}

interface Run {
  readonly rank: number;
  readonly from: number;
}

/**
 * Finds changes of the verdict that last. While it wavers between two bad ones, the better of these has lasted; so whoever
 * is told "not protecting" can rely on it for the whole time, and a short flash of green is no recovery.
 */
export class SustainedVerdict {
  readonly #after: number;
  /** What each moment since `after` ago was, oldest first. */
  #runs: Run[] = [];
  /** The protection is taken for granted until something else is seen: nobody wants to hear of every start. */
  #told = 0;

  /** `after` in milliseconds. */
  constructor(after: number) {
    this.#after = after;
  }

  /** Takes the verdict at `now`; times must not go backwards. */
  see(verdict: PageVerdict, now: number): VerdictChange | undefined {
    const rank = ranks.indexOf(verdict);
    if (rank < 0) {
      this.#runs = [];
      return undefined;
    }
    if (this.#runs.at(-1)?.rank !== rank) this.#runs.push({ rank, from: now });
    while ((this.#runs[1]?.from ?? Infinity) <= now - this.#after) this.#runs.shift();
    const [oldest] = this.#runs;
    if (!oldest || oldest.from > now - this.#after) return undefined;
    const seen = this.#runs.map((run) => run.rank);
    const [best, worst] = [Math.min(...seen), Math.max(...seen)];
    const lasting = this.#told < best ? best : this.#told > worst ? worst : this.#told;
    if (lasting === this.#told) return undefined;
    const before = ranks[this.#told] ?? 'protecting';
    this.#told = lasting;
    return { verdict: ranks[lasting] ?? verdict, before, since: oldest.from };
  }
}
