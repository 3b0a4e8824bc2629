import { hintOf, messageOf, type Network } from '@bouncer/stream';
import type { ApplyReport, Capabilities, Changes, CheckStep, Current, HeldEntry, Target } from '@bouncer/connector';
import { KnownList } from '../list-target.ts';
import type { OpnSenseApi } from './opnsense-api.ts';

/** Calls that are on their way at once: each is a PHP process on the firewall. */
const AT_ONCE = 4;
/** One call an address: a first load of so many takes minutes. */
const OPNSENSE_MOST = 5000;

/** The table of an `external` alias of OPNsense, address by address over its API. */
export class OpnSenseTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities = {
    families: [4, 6],
    ranges: true,
    expires: false,
    maxEntries: OPNSENSE_MOST,
    batch: 500,
  };
  readonly #api: OpnSenseApi;
  readonly #alias: string;
  readonly #list = new KnownList();

  constructor(name: string, alias: string, api: OpnSenseApi) {
    this.name = name;
    this.#alias = alias;
    this.#api = api;
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#api.demandAlias(signal);
  }

  async list(signal: AbortSignal): Promise<Current> {
    return this.#list.read(await this.#api.list(signal));
  }

  async apply(changes: Changes, report: ApplyReport, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const create = changes.create.map(({ network }) => network);
    await inParallel(create, signal, async (network) => {
      const refusal = this.#list.has(network) ? undefined : await this.#api.change('add', network, signal);
      if (refusal !== undefined) {
        report.refused(network, refusal);
        return;
      }
      this.#list.add(network);
      report.written({ network, expiresAt: Infinity });
    });
    for (const { entry } of changes.update) report.written({ network: entry.network, expiresAt: Infinity });
    await inParallel(changes.delete, signal, async (held) => {
      const text = typeof held.ref === 'string' ? held.ref : held.network;
      if (held.ref !== undefined || this.#list.has(held.network)) await this.#api.change('delete', text, signal);
      if (held.ref === undefined) this.#list.remove(held.network);
      report.removed(held);
    });
  }

  async verify(_held: ReadonlyMap<Network, HeldEntry>, signal: AbortSignal): Promise<boolean> {
    const now = await this.#api.list(signal);
    return now.length === this.#list.size && now.every((one) => this.#list.has(one as Network));
  }

  async *check(signal: AbortSignal): AsyncIterable<CheckStep> {
    try {
      await this.#api.demandAlias(signal);
      const entries = await this.#api.list(signal);
      yield { ok: true, step: 'api', seen: 'the API of OPNsense answers and knows us' };
      const type = await this.#api.type(signal);
      const seen = `${this.#alias}: ${type ?? 'type unknown'}, ${entries.length} entries`;
      const fix =
        'make it anew with type "External (advanced)": of any other type every address is written to the configuration';
      yield type === undefined || type === 'external'
        ? { ok: true, step: 'alias', seen }
        : { ok: false, step: 'alias', seen, fix };
    } catch (error) {
      signal.throwIfAborted();
      yield { ok: false, step: 'api', seen: messageOf(error), fix: hintOf(error) };
    }
  }

  setup(): string {
    return `# OPNsense, by its API. For more than a few thousand entries use PFSENSE_MODE=ssh-table: it needs one command, not one call an address.

1. Firewall > Aliases > Add: Enabled, Name ${this.#alias}, Type "External (advanced)". Save, Apply.
2. Firewall > Rules > WAN > Add, moved to the top: Action Block, Direction in, TCP/IP Version IPv4+IPv6, Source ${this.#alias}. Save, Apply.
3. System > Access > Users > Add: a user crowdsec with the privilege "Firewall: Alias: Edit"; then its API key (+):
   key into PFSENSE_API_KEY, secret into PFSENSE_API_SECRET.
`;
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

/** Some at a time, in order; the first failure ends it once the others are back. */
async function inParallel<T>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: unknown;
  const worker = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const item = items[next++] as T;
      try {
        signal.throwIfAborted();
        await work(item);
      } catch (error) {
        failure = error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failure !== undefined) throw failure as Error;
}
