import type { DecisionSet } from './decisions/decision-set.ts';
import type { Intake } from './decisions/intake.ts';
import { SeenTally } from './decisions/seen-tally.ts';
import type { SeenDecisions } from './decisions/seen-tally.ts';
import { kindOf, messageOf } from './lapi/errors.ts';
import type { LapiClient } from './lapi/lapi-client.ts';
import type { Network } from './net/network.ts';
import type { StreamLog } from './stream-status.ts';

/** So many networks that the last full pull lacked are news at most; more are a pull that was short. */
const MAX_NEWS = 1000;

/**
 * `GET /v1/decisions`, the other road to what LAPI has. It is honest where the stream is not: while LAPI 1.7.8's database
 * fails, a full pull is 200 and empty and this is 500 (measured with PostgreSQL and a statement_timeout).
 */
export class SecondRoad {
  readonly #client: LapiClient;
  readonly #set: DecisionSet;
  readonly #intake: Intake;
  readonly #log: StreamLog;
  #asked = 0;
  #answer: Promise<ReadonlySet<Network> | undefined> = Promise.resolve(undefined);
  /** True when there is no such road: some proxy lets the stream through and nothing else. */
  #isMissing = false;

  constructor(client: LapiClient, set: DecisionSet, intake: Intake, log: StreamLog) {
    this.#client = client;
    this.#set = set;
    this.#intake = intake;
    this.#log = log;
  }

  /**
   * True when it names none of the networks that `isDoubted`. It is asked once for each full pull, whoever wants to know;
   * no answer, or one that is not understood, is no agreement.
   */
  async agrees(pull: number, isDoubted: (network: Network) => boolean, signal: AbortSignal): Promise<boolean> {
    if (pull !== this.#asked) {
      this.#asked = pull;
      this.#answer = this.#askFor(signal);
    }
    const named = await this.#answer;
    signal.throwIfAborted();
    if (!named) return false;
    for (const network of named) if (isDoubted(network)) return false;
    return true;
  }

  /** True when a full pull without any decision may be believed, though nobody remembers another one. */
  async confirmsEmpty(pull: number, signal: AbortSignal): Promise<boolean> {
    const isConfirmed = (await this.agrees(pull, () => true, signal)) || this.#isMissing;
    // The pull has failed then, and the next one has the same number.
    if (!isConfirmed) this.#asked = 0;
    return isConfirmed;
  }

  /** What LAPI has without any filter, for whoever finds that its filter lets nothing through; undefined without an answer. */
  async survey(signal: AbortSignal): Promise<SeenDecisions | undefined> {
    const tally = new SeenTally();
    try {
      for await (const decision of this.#client.decisions(signal)) tally.count(decision, this.#intake.passes(decision));
      return tally.snapshot();
    } catch (error) {
      this.#log.debug({ error: messageOf(error) }, 'GET /v1/decisions did not answer');
      return undefined;
    }
  }

  /** The networks that it blocks and the last full pull did not name; undefined when it cannot be trusted. */
  async #askFor(signal: AbortSignal): Promise<ReadonlySet<Network> | undefined> {
    const named = new Set<Network>();
    let malformed = 0;
    try {
      for await (const decision of this.#client.decisions(signal, () => malformed++)) {
        for (const network of this.#intake.networksOf(decision)) {
          if (!this.#set.wasSeen(network, decision.id)) named.add(network);
        }
        if (named.size > MAX_NEWS) break;
      }
    } catch (error) {
      this.#isMissing = kindOf(error) === 'path';
      this.#log.warn({ error: messageOf(error) }, 'a short answer is not trusted: GET /v1/decisions does not answer');
      return undefined;
    }
    if (named.size <= MAX_NEWS && malformed === 0) return named;
    this.#log.warn({ malformed }, 'a short answer is not trusted: GET /v1/decisions has more');
    return undefined;
  }
}
