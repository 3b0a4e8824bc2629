import type { Concern, Logger } from '@bouncer/target';
import type { Clock, Network } from '@bouncer/stream';

/** What a full router had room for is tried to be exceeded after so long. Milliseconds. */
const LEARNT_MS = 600_000;

/**
 * How much the router takes, learnt from what it refuses, and its own words for it. Nobody can ask it: the limit is its memory,
 * which other things use as well.
 */
export class Room {
  readonly #clock: Clock;
  readonly #log: Logger;
  #cap: number | undefined;
  #learntAt = -Infinity;
  #words = '';
  /** Since the start. */
  #refused = 0;
  #lastRefusal: { network: Network; words: string; at: number } | undefined;
  readonly #said = new Set<string>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** The most entries of ours that fit, as far as is known; undefined: as many as there are. */
  get cap(): number | undefined {
    return this.#clock.now() < this.#learntAt + LEARNT_MS ? this.#cap : undefined;
  }

  /** Writes that the router refused since the start, whatever for. */
  get refused(): number {
    return this.#refused;
  }

  /** What the router said when it refused something last, while that is still so. */
  get words(): string | undefined {
    return this.#refusal()?.words ?? (this.cap === undefined ? undefined : this.#words);
  }

  /** Takes that the router is full while it holds so many of ours. `words`: its own. */
  full(held: number, words: string): void {
    const isNew = this.cap !== held || this.#words !== words;
    this.#cap = held;
    this.#words = words;
    this.#learntAt = this.#clock.now();
    this.#refused++;
    if (!isNew) return;
    const fields = { entries: held, router: words, hint: FIX };
    this.#log.warn(
      fields,
      'the router takes no more entries: local decisions are kept first, the least important left out',
    );
  }

  /** Takes a write that the router refused for a reason of its own, and says so once for each reason. */
  refusal(network: Network, words: string): void {
    this.#refused++;
    this.#lastRefusal = { network, words, at: this.#clock.now() };
    // Its words may name the value: as many texts as there are entries.
    const reason = words.replaceAll(network, '');
    if (this.#said.has(reason)) return;
    if (this.#said.size < 100) this.#said.add(reason);
    this.#log.warn({ network, router: words, hint: REFUSED_FIX }, 'the router refuses an entry; the others go on');
  }

  /** What a person should know while it is so. */
  concerns(): readonly Concern[] {
    const { cap } = this;
    const concerns: Concern[] = [];
    if (cap !== undefined) {
      const seen = `the router takes no more than ${String(cap)} entries: it says "${this.#words}"`;
      concerns.push({ level: 'warn', seen, fix: FIX });
    }
    const last = this.#refusal();
    if (last) {
      const seen = `the router refuses ${last.network}: it says "${last.words}"`;
      concerns.push({ level: 'warn', seen, fix: REFUSED_FIX });
    }
    return concerns;
  }

  #refusal(): { readonly network: Network; readonly words: string } | undefined {
    const last = this.#lastRefusal;
    return last && this.#clock.now() < last.at + LEARNT_MS ? last : undefined;
  }
}

const FIX =
  'look at free-memory in /system/resource/print; choose fewer origins with CROWDSEC_ORIGINS, or set MAX_ENTRIES to what fits';
const REFUSED_FIX = 'look at /log/print on the router, and whether something else holds this address in the list';
