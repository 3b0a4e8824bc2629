import { TransientError, instantNow, type Clock, type Network } from '@bouncer/stream';
import type { ApplyReport, Capabilities, Changes, CheckStep, Concern, Current, Held, Target } from '@bouncer/target';
import { checkApi } from '../api/api-check.ts';
import type { ApiAddress } from '../api/api-check.ts';
import { difference, listAfter, readList, tellDone } from '../list/list-target.ts';
import type { RuleOffer } from '../rules/rule-steps.ts';
import { withMask } from './rest-api.ts';
import type { RestApi } from './rest-api.ts';
import { RuleWatch } from '../rules/rule-watch.ts';
import { checkRest, ruleStep } from './rest-check.ts';
import { REST_MAX_ENTRIES } from './rest-limit.ts';
import { applyRest, removeRest, restSetup } from './rest-setup.ts';

/** How a REST target works. */
export interface RestOptions {
  /**
   * Every write is a revision of config.xml, of which pfSense keeps 30: the administrator's own must last. Seconds
   * between two writes.
   */
  readonly writeInterval: number;
  /** Whether open connections were to be ended, which this API cannot do. */
  readonly killStates: boolean;
  readonly offer: RuleOffer;
}

/** An alias of type Network(s), kept by pfSense's REST API: capped, coalesced, guarded by name, applied once a batch. */
export class RestTarget implements Target<string> {
  readonly name: string;
  readonly #api: RestApi;
  readonly #address: ApiAddress;
  readonly #clock: Clock;
  readonly #rules: RuleWatch;
  readonly #options: RestOptions;
  #writtenAt = -Infinity;
  #applyIsDue = false;
  /** Changes wait for their turn. */
  #isWaiting = false;

  constructor(name: string, api: RestApi, address: ApiAddress, clock: Clock, options: RestOptions) {
    this.name = name;
    this.#api = api;
    this.#address = address;
    this.#clock = clock;
    this.#options = options;
    this.#rules = new RuleWatch((signal) => ruleStep(api, signal), clock);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    signal.throwIfAborted();
    await this.#api.read(signal);
    return { families: [4, 6], ranges: true, expires: false, maxEntries: REST_MAX_ENTRIES };
  }

  async list(signal: AbortSignal): Promise<Current<string>> {
    const { addresses } = await this.#api.read(signal);
    if ((await this.#api.pending(signal)).length === 0) this.#applyIsDue = false;
    await this.#rules.refresh(signal);
    this.#isWaiting = false;
    return { ...readList(addresses), needsApply: this.#applyIsDue };
  }

  /** What comes before its turn is left for then, when it goes along with whatever else there is. */
  async apply(
    changes: Changes<string>,
    held: Held<string>,
    report: ApplyReport<string>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const { add, gone } = difference(changes, held);
    if (add.length + gone.length > 0) {
      this.#isWaiting = !this.#mayWrite;
      if (this.#isWaiting) return;
      await this.#write(listAfter(held.keys(), add, gone), signal);
    } else if (this.#applyIsDue) await this.#applyChanges(signal);
    tellDone(changes, held, report);
  }

  get #mayWrite(): boolean {
    return this.#clock.now() >= this.#writtenAt + this.#options.writeInterval * 1000;
  }

  async verify(held: Held<string>, signal: AbortSignal): Promise<boolean> {
    if (this.#isWaiting && this.#mayWrite) return false;
    await this.#rules.refresh(signal);
    const { addresses } = await this.#api.read(signal);
    const now = readList(addresses).held;
    return addresses.length === held.size && now.size === held.size && [...now.keys()].every((one) => held.has(one));
  }

  concerns(): readonly Concern[] {
    return this.#rules.concerns();
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkApi(this.#address, this.#clock, signal, checkRest(this.#api, this.#options, signal));
  }

  setup(): string {
    return restSetup(this.#api.alias, this.#options.offer);
  }

  applySetup(dry: boolean, signal: AbortSignal): Promise<string> {
    return applyRest(this.#api, this.#options.offer, dry, signal);
  }

  removeSetup(dry: boolean, signal: AbortSignal): Promise<string> {
    return removeRest(this.#api, dry, signal);
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  async #write(next: ReadonlySet<Network>, signal: AbortSignal): Promise<void> {
    await this.#demandNothingPending(signal);
    // The place of the alias is asked for anew: it may have moved.
    const { id } = await this.#api.read(signal);
    await this.#api.write(id, [...next].map(withMask), signal);
    this.#writtenAt = this.#clock.now();
    this.#applyIsDue = true;
    await this.#applyChanges(signal);
  }

  /**
   * An apply applies everything that waits, also what an administrator has begun and not finished. What waits is ours
   * only when we have written it ourselves.
   */
  async #demandNothingPending(signal: AbortSignal): Promise<void> {
    const pending = await this.#api.pending(signal);
    if (pending.length === 0 || (this.#applyIsDue && pending.every((one) => one === 'aliases'))) return;
    const what = pending.join(', ');
    throw new TransientError(
      `changes of an administrator wait to be applied (${what}): to apply ours would apply them`,
      {
        hint: 'Apply Changes on the firewall, or discard them; the list is written after that',
      },
    );
  }

  async #applyChanges(signal: AbortSignal): Promise<void> {
    await this.#demandNothingPending(signal);
    await this.#api.applyChanges(signal);
    this.#applyIsDue = false;
  }

  /** For the status page: when it was written last, in seconds of the monotonic clock. */
  facts(): Readonly<Record<string, number>> {
    return this.#writtenAt === -Infinity
      ? {}
      : { seconds_since_write: instantNow(this.#clock) - Math.floor(this.#writtenAt / 1000) };
  }
}
