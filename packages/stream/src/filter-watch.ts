import type { Clock } from './clock.ts';
import type { DecisionFilter } from './decisions/filter.ts';
import type { SeenDecisions } from './decisions/seen-tally.ts';
import { SURVEY_INTERVAL_MS } from './schedule.ts';
import type { StreamLog } from './stream-status.ts';

/** Notices a filter that lets nothing through: a typo in it leaves everything open, and nothing else would tell. */
export class FilterWatch {
  readonly #clock: Clock;
  readonly #log: StreamLog;
  /** True when LAPI itself leaves out what does not match, so that the stream cannot tell how much that is. */
  readonly #isBlind: boolean;
  readonly #survey: (signal: AbortSignal) => Promise<SeenDecisions | undefined>;
  #surveyedAt = -Infinity;
  #found: SeenDecisions | undefined;
  #isTold = false;

  constructor(
    filter: DecisionFilter,
    clock: Clock,
    log: StreamLog,
    survey: (signal: AbortSignal) => Promise<SeenDecisions | undefined>,
  ) {
    const { origins = [], scenariosContaining = [], scenariosNotContaining = [] } = filter;
    this.#isBlind = origins.length + scenariosContaining.length + scenariosNotContaining.length > 0;
    this.#clock = clock;
    this.#log = log;
    this.#survey = survey;
  }

  /** What LAPI has, as far as it is known; `seen` is what the stream brought. */
  tell(seen: SeenDecisions): SeenDecisions {
    return seen.decisions === 0 && this.#found ? this.#found : seen;
  }

  /** After a full pull. Asks LAPI without the filter when nothing came, four times an hour at most. */
  async look(seen: SeenDecisions, signal: AbortSignal): Promise<void> {
    if (seen.decisions > 0) this.#found = undefined;
    else if (this.#isBlind && this.#clock.now() - this.#surveyedAt >= SURVEY_INTERVAL_MS) {
      this.#surveyedAt = this.#clock.now();
      this.#found = await this.#survey(signal);
    }
    const { decisions, passed, origins, types } = this.tell(seen);
    const passesNothing = decisions > 0 && passed === 0;
    if (passesNothing && !this.#isTold) {
      this.#log.warn({ decisions, origins, types }, 'nothing is blocked: none of the decisions passes the filter');
    }
    this.#isTold = passesNothing;
  }
}
