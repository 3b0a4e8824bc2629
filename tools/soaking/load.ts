import { BlockList, isIPv6 } from 'node:net';
import {
  capiDecision,
  decisionMix,
  distinctValues,
  gatewayPage,
  mulberry32,
  type LapiFault,
  type LapiSandbox,
} from '@bouncer/sandbox';

const PER_MINUTE = 5000;
const TICK_MS = 250;
/** Deleted rows stay in the table so long, since a pull that failed may still want them. Milliseconds. */
const KEEP_MS = 120_000;
/** How often LAPI fails. */
const FAULT_MS = 20_000;

/** The decisions a soak begins with: 100,000, of which a few are ranges. */
export const mix = decisionMix({ capi: 60_000, lists: 38_000, local: 2000, overlap: 0 });

/** What goes wrong with a pull, in turns. `down` takes the port away. */
const faults: readonly (readonly LapiFault[] | 'down')[] = [
  [{ kind: 'drop', at: 'body', share: 0.7 }],
  [gatewayPage(502)],
  [{ kind: 'drop', at: 'request', reached: true }],
  [{ kind: 'truncate', share: 0.5 }],
  [{ kind: 'answer', status: 429, headers: { 'retry-after': '2' } }],
  'down',
  [{ kind: 'answer', status: 200, body: '<html>sign in</html>', contentType: 'text/html' }],
  [{ kind: 'hang', at: 'body' }],
];

/** Bans and unbans by the thousand, and a LAPI that fails now and then. */
export class Load {
  readonly #lapi: LapiSandbox;
  readonly #random = mulberry32(7);
  readonly #value: (ranges: boolean) => string;
  readonly #live: { readonly id: number; readonly value: string }[];
  readonly #gone: { readonly id: number; readonly value: string; readonly at: number }[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #due = 0;
  #lastChurn = performance.now();
  changes = 0;
  faults = 0;

  constructor(lapi: LapiSandbox) {
    this.#lapi = lapi;
    this.#live = lapi.decisions.active().map(({ id, value }) => ({ id, value }));
    this.#value = distinctValues(
      this.#random,
      {},
      this.#live.map(({ value }) => value),
    );
  }

  start(): void {
    this.#lastChurn = performance.now();
    this.#timers.push(
      setInterval(() => {
        this.#churn();
      }, TICK_MS),
      setInterval(() => {
        this.#fail();
      }, FAULT_MS),
    );
  }

  /** Ends the churn and all faults. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#lapi.faults.clear();
    await this.#lapi.up().catch(() => undefined);
  }

  /** Single addresses that are banned now, and some that were and lie in no range that is. */
  values(): { readonly live: readonly string[]; readonly gone: readonly string[] } {
    const single = ({ value }: { readonly value: string }): boolean => !value.includes('/');
    const ranges = new BlockList();
    for (const { value } of this.#live) {
      const [address = '', length] = value.split('/');
      if (length !== undefined) ranges.addSubnet(address, Number(length), isIPv6(address) ? 'ipv6' : 'ipv4');
    }
    const isFree = (value: string): boolean => !ranges.check(value, isIPv6(value) ? 'ipv6' : 'ipv4');
    return {
      live: this.#live.filter(single).map(({ value }) => value),
      gone: this.#gone
        .filter(single)
        .map(({ value }) => value)
        .filter(isFree),
    };
  }

  #churn(): void {
    const now = performance.now();
    this.#due += (PER_MINUTE * (now - this.#lastChurn)) / 60_000;
    this.#lastChurn = now;
    for (; this.#due >= 2; this.#due -= 2) {
      const at = Math.floor(this.#random() * this.#live.length);
      const row = this.#lapi.decisions.add(capiDecision(this.#random, this.#value(true)));
      const gone = this.#live[at];
      this.#live[at] = { id: row.id, value: row.value };
      if (gone === undefined) continue;
      this.#lapi.decisions.delete(gone.id);
      this.#gone.push({ ...gone, at: now });
      this.changes += 2;
    }
    const first = this.#gone.findIndex(({ at }) => at > now - KEEP_MS);
    for (const { id } of this.#gone.splice(0, Math.max(0, first))) this.#lapi.decisions.forget(id);
    // It remembers every request for tests that look at them; a soak makes thousands.
    if (this.#lapi.requests.all.length > 500) this.#lapi.requests.clear();
  }

  #fail(): void {
    const fault = faults[this.faults % faults.length];
    this.faults += 1;
    if (fault !== 'down') {
      this.#lapi.faults.next(...(fault ?? []));
      return;
    }
    void this.#lapi.down();
    setTimeout(() => void this.#lapi.up().catch(() => undefined), 5000);
  }
}
