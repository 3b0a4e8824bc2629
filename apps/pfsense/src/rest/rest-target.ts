import { instantNow, type Clock, type Network } from '@bouncer/stream';
import type { ApplyReport, Capabilities, Changes, CheckStep, Concern, Current, Held, Target } from '@bouncer/target';
import { checkApi } from '../api/api-check.ts';
import type { ApiAddress } from '../api/api-check.ts';
import { difference, listAfter, readList, tellDone } from '../list/list-target.ts';
import { withMask } from './rest-api.ts';
import type { RestApi } from './rest-api.ts';
import { RuleWatch } from '../rules/rule-watch.ts';
import { checkRest, ruleStep } from './rest-check.ts';
import { REST_MAX_ENTRIES } from './rest-limit.ts';
import { applyRest, restSetup } from './rest-setup.ts';

/** Every write rewrites config.xml and reloads the filter, so there is at most one a minute. Milliseconds. */
const WRITE_INTERVAL_MS = 60_000;

/** An alias of type Network(s), kept by pfSense's REST API: capped, coalesced, guarded by name, applied once a batch. */
export class RestTarget implements Target<string> {
  readonly name: string;
  readonly #api: RestApi;
  readonly #address: ApiAddress;
  readonly #clock: Clock;
  readonly #rules: RuleWatch;
  #writtenAt = -Infinity;
  #applyIsDue = false;

  constructor(name: string, api: RestApi, address: ApiAddress, clock: Clock) {
    this.name = name;
    this.#api = api;
    this.#address = address;
    this.#clock = clock;
    this.#rules = new RuleWatch((signal) => ruleStep(api, signal), clock);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    signal.throwIfAborted();
    await this.#api.read(signal);
    return { families: [4, 6], ranges: true, expires: false, maxEntries: REST_MAX_ENTRIES };
  }

  async list(signal: AbortSignal): Promise<Current<string>> {
    const { addresses } = await this.#api.read(signal);
    this.#applyIsDue = !(await this.#api.isApplied(signal));
    await this.#rules.refresh(signal);
    return { ...readList(addresses), needsApply: this.#applyIsDue };
  }

  /** Waits for its turn; what comes meanwhile goes along with the next one. */
  async apply(
    changes: Changes<string>,
    held: Held<string>,
    report: ApplyReport<string>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const { add, gone } = difference(changes, held);
    if (add.length + gone.length > 0) {
      const wait = this.#writtenAt + WRITE_INTERVAL_MS - this.#clock.now();
      if (wait > 0) await this.#clock.sleep(wait, signal);
      await this.#write(listAfter(held.keys(), add, gone), signal);
    } else if (this.#applyIsDue) await this.#applyChanges(signal);
    tellDone(changes, held, report);
  }

  async verify(held: Held<string>, signal: AbortSignal): Promise<boolean> {
    await this.#rules.refresh(signal);
    const { addresses } = await this.#api.read(signal);
    const now = readList(addresses).held;
    return addresses.length === held.size && now.size === held.size && [...now.keys()].every((one) => held.has(one));
  }

  concerns(): readonly Concern[] {
    return this.#rules.concerns();
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkApi(this.#address, this.#clock, signal, checkRest(this.#api, signal));
  }

  setup(): string {
    return restSetup(this.#api.alias);
  }

  applySetup(dry: boolean, signal: AbortSignal): Promise<string> {
    return applyRest(this.#api, dry, signal);
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  async #write(next: ReadonlySet<Network>, signal: AbortSignal): Promise<void> {
    // The place of the alias is asked for anew: it may have moved.
    const { id } = await this.#api.read(signal);
    await this.#api.write(id, [...next].map(withMask), signal);
    this.#writtenAt = this.#clock.now();
    await this.#applyChanges(signal);
  }

  async #applyChanges(signal: AbortSignal): Promise<void> {
    this.#applyIsDue = true;
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
