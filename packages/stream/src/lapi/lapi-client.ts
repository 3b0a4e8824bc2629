import type { WireDecision } from '../decisions/wire-decision.ts';

/** What LAPI is asked to leave out. Empty lists ask for everything. */
export interface StreamQuery {
  readonly origins?: readonly string[];
  readonly scenariosContaining?: readonly string[];
  readonly scenariosNotContaining?: readonly string[];
}

/** What came in one answer. */
export interface PullResult {
  /** Well-formed decisions handed over. */
  readonly decisions: number;
  /** Elements without the shape of a decision, those longer than a megabyte included. */
  readonly malformed: number;
  /** Size of the body, decompressed. */
  readonly bytes: number;
  /** What the answer shows of LAPI's version, see `lapiVersionOf`. */
  readonly version?: string | undefined;
}

/** What a delta brought. */
export interface Delta extends PullResult {
  readonly deleted: readonly WireDecision[];
  readonly added: readonly WireDecision[];
}

/**
 * LAPI as a bouncer sees it. Every method rejects with an AuthError (401, 403) or a TransientError, each with a `kind`
 * and a hint, or with the signal's reason when aborted.
 */
export interface LapiClient {
  /**
   * The stream with `startup=true`. Each element of `new` is handed over as it arrives; `deleted`, which names all that
   * ended in the last days, is passed over unread unless somebody wants to know. Only when the promise resolves was the
   * answer complete.
   */
  pullFull(
    query: StreamQuery,
    onDecision: (decision: WireDecision) => void,
    signal: AbortSignal,
    onDeleted?: (decision: WireDecision) => void,
  ): Promise<PullResult>;
  /** The stream since the last pull. All or nothing. */
  pullDelta(query: StreamQuery, signal: AbortSignal): Promise<Delta>;
  /**
   * `GET /v1/decisions`: all active decisions, whatever their scope. Moves LAPI's last_pull only once that is a minute
   * old (see `MAX_DELTA_GAP_MS`), so it takes no delta from `run`. `onMalformed` hears of each element that is no decision.
   */
  decisions(signal: AbortSignal, onMalformed?: () => void): AsyncIterable<WireDecision>;
  /** `POST /v1/usage-metrics`; `unsupported` on a LAPI before 1.6.3. */
  pushUsageMetrics(body: object, signal: AbortSignal): Promise<'accepted' | 'unsupported'>;
}
