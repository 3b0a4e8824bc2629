import { hintOf, instantNow, messageOf, type Clock, type Network } from '@bouncer/stream';
import type { ApplyReport, Capabilities, Changes, CheckStep, Current, HeldEntry, Target } from '@bouncer/connector';
import { KnownList } from '../list-target.ts';
import { withMask, type RestApi } from './rest-api.ts';
import { restSetup } from './rest-setup.ts';

/** Every write rewrites config.xml and reloads the filter, so there is at most one a minute. Milliseconds. */
const WRITE_EVERY = 60_000;
/** pfSense validates the whole alias at every change: 22 s for 50,000 entries on a PC. */
const REST_MOST = 5000;

/** An alias of type Network(s), kept by pfSense's REST API: capped, coalesced, guarded by name, applied once a batch. */
export class RestTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities = { families: [4, 6], ranges: true, expires: false, maxEntries: REST_MOST };
  readonly #api: RestApi;
  readonly #alias: string;
  readonly #clock: Clock;
  readonly #list = new KnownList();
  #writtenAt = -Infinity;
  #applyIsDue = false;

  constructor(name: string, alias: string, api: RestApi, clock: Clock) {
    this.name = name;
    this.#alias = alias;
    this.#api = api;
    this.#clock = clock;
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#api.read(signal);
  }

  async list(signal: AbortSignal): Promise<Current> {
    const { addresses } = await this.#api.read(signal);
    this.#applyIsDue = !(await this.#api.isApplied(signal));
    return { ...this.#list.read(addresses), outdated: this.#applyIsDue };
  }

  /** Waits for its turn; what comes meanwhile goes along with the next one. */
  async apply(changes: Changes, report: ApplyReport, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { add, gone } = this.#list.difference(changes);
    if (add.length + gone.length > 0) {
      const wait = this.#writtenAt + WRITE_EVERY - this.#clock.now();
      if (wait > 0) await this.#clock.sleep(wait, signal);
      await this.#write(this.#list.after(add, gone), signal);
    } else if (this.#applyIsDue) await this.#applyChanges(signal);
    this.#list.done(changes, report);
  }

  async verify(_held: ReadonlyMap<Network, HeldEntry>, signal: AbortSignal): Promise<boolean> {
    const { addresses } = await this.#api.read(signal);
    const now = new KnownList();
    now.read(addresses);
    return (
      now.size === this.#list.size &&
      addresses.length === this.#list.size &&
      [...now.networks()].every((one) => this.#list.has(one))
    );
  }

  async *check(signal: AbortSignal): AsyncIterable<CheckStep> {
    try {
      const { addresses } = await this.#api.read(signal);
      yield { ok: true, step: 'api', seen: 'the REST API answers and knows us' };
      yield {
        ok: true,
        step: 'alias',
        seen: `${this.#alias}: ${addresses.length} entries; at most ${REST_MOST} unless MAX_ENTRIES says otherwise`,
      };
    } catch (error) {
      signal.throwIfAborted();
      yield { ok: false, step: 'api', seen: messageOf(error), fix: hintOf(error) };
      return;
    }
    try {
      const rules = await this.#api.rules(signal);
      const fix = `Firewall > Rules > WAN > Add to the top: Block, IPv4+IPv6, any protocol, source ${this.#alias}`;
      if (rules > 0) yield { ok: true, step: 'rule', seen: `${rules} rule(s) use the alias` };
      else
        yield {
          ok: false,
          step: 'rule',
          seen: `no rule uses the alias ${this.#alias}: the list is kept, but nothing is blocked`,
          fix,
        };
    } catch (error) {
      signal.throwIfAborted();
      yield { ok: true, step: 'rule', seen: `not looked at: ${messageOf(error)}` };
    }
  }

  setup(): string {
    return restSetup(this.#alias);
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
