import { instantNow } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import type { Desired } from './desired.ts';
import type { Ledger } from './ledger.ts';
import type { Holder } from './status.ts';
import type { WorkerOptions } from './worker-options.ts';

type HoldingOptions = Pick<WorkerOptions, 'target' | 'clock' | 'dryRun' | 'stream'> & {
  /** True when the device drops what has come to its end. */
  readonly expires: () => boolean;
};

/** What a device holds of ours now, as people are told it: what has come to its end is gone, and a dry run holds nothing. */
export class Holding {
  readonly #options: HoldingOptions;
  readonly #ledger: Ledger;
  readonly #desired: Desired;

  constructor(options: HoldingOptions, ledger: Ledger, desired: Desired) {
    this.#options = options;
    this.#ledger = ledger;
    this.#desired = desired;
  }

  /** O(entries on their way out). */
  get size(): number {
    const { expires, clock, dryRun } = this.#options;
    const { size } = this.#ledger.held;
    if (dryRun) return 0;
    return expires() ? size - this.#ledger.lapsed(instantNow(clock)) : size;
  }

  networks(): Iterable<Network> {
    return this.#options.dryRun ? [] : this.#ledger.held.keys();
  }

  /** Whether the device holds this very entry, and why it never will. */
  of(network: Network): Holder {
    const { target, clock, dryRun, expires } = this.#options;
    const { name } = target;
    if (dryRun) return { name, holds: false, reason: 'dry run, nothing is written' };
    const held = this.#ledger.held.get(network);
    if (held && !(expires() && held.expiresAt <= instantNow(clock))) return { name, holds: true };
    const refused = this.#ledger.isRefused(network) ? 'the device refused it' : undefined;
    const reason = this.#desired.skipReason(network) ?? refused;
    return { name, holds: false, ...(reason !== undefined && { reason }) };
  }

  /** While a device is away, nothing else tells that it has dropped what came to its end. */
  noteEnded(touched: ReadonlySet<Network>): void {
    for (const network of touched) if (!this.#options.stream.set.has(network)) this.#ledger.leaveToDevice([network]);
  }
}
