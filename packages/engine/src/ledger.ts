import { instantNow, wallOf } from '@bouncer/stream';
import type { Clock, Entry, Instant, Network } from '@bouncer/stream';
import type { ApplyReport, Current, Held, HeldEntry } from '@bouncer/target';
import type { ChangeEvent, WriteTotals } from './status.ts';

/** An entry that the device refused is offered again after so long. */
const REFUSED_SECONDS = 600;

/** Entries of any target: only the target itself reads its handles. */
export type AnyHeldEntry = HeldEntry<unknown>;
export type AnyHeld = Held<unknown>;

/** Who wants to hear of every change. */
export interface LedgerOptions {
  readonly target: string;
  readonly clock: Clock;
  readonly entryOf: (network: Network) => Entry | undefined;
  readonly onChange?: ((event: ChangeEvent) => void) | undefined;
}

/** What we know the device to hold, kept true entry by entry while changes are applied. */
export class Ledger implements ApplyReport<unknown> {
  #held = new Map<Network, AnyHeldEntry>();
  readonly #options: LedgerOptions;
  readonly #refused = new Map<Network, Instant>();
  readonly #lapsing = new Set<Network>();
  #isListed = false;
  #created = 0;
  #updated = 0;
  #deleted = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** The one map of what is held; everybody else only reads it. */
  get held(): AnyHeld {
    return this.#held;
  }

  get totals(): WriteTotals {
    return { created: this.#created, updated: this.#updated, deleted: this.#deleted };
  }

  get refusals(): number {
    return this.#refused.size;
  }

  /** The same once it rests on a listing; undefined before the first. */
  get known(): AnyHeld | undefined {
    return this.#isListed ? this.#held : undefined;
  }

  /** Replaces everything by what was listed; the map is ours from here on. */
  reset(current: Current<unknown>): void {
    this.#held = current.held;
    this.#isListed = true;
    this.#lapsing.clear();
  }

  written(held: AnyHeldEntry): void {
    const known = this.#held.has(held.network);
    this.#held.set(held.network, held);
    this.#refused.delete(held.network);
    this.#lapsing.delete(held.network);
    if (known) this.#updated += 1;
    else this.#created += 1;
    this.#tell(known ? 'extended' : 'blocked', held.network, held.expiresAt);
  }

  removed(held: AnyHeldEntry): void {
    // A stray row may share its network with the row that stays.
    if (this.#held.get(held.network)?.ref === held.ref) this.#held.delete(held.network);
    this.#deleted += 1;
    this.#tell('unblocked', held.network);
  }

  refused(network: Network): void {
    this.#refused.set(network, instantNow(this.#options.clock) + REFUSED_SECONDS);
    this.#tell('refused', network);
  }

  /** True while a refused entry is not worth another try. */
  isRefused(network: Network): boolean {
    const until = this.#refused.get(network);
    return until !== undefined && until > instantNow(this.#options.clock);
  }

  /** Remembers entries that are no longer desired and that the device will drop by itself. */
  leaveToDevice(networks: Iterable<Network>): void {
    for (const network of networks) {
      if (this.#held.has(network)) this.#lapsing.add(network);
    }
  }

  /** How many entries of `held` have come to their end, on a device that drops them then. O(those on their way out). */
  lapsed(now: Instant): number {
    let count = 0;
    for (const network of this.#lapsing) if ((this.#held.get(network)?.expiresAt ?? Infinity) <= now) count += 1;
    return count;
  }

  /** Forgets what the device has dropped by itself, and refusals of what nobody asks for any more. */
  sweep(): void {
    const now = instantNow(this.#options.clock);
    for (const network of this.#lapsing) {
      const held = this.#held.get(network);
      if (held && held.expiresAt > now) continue;
      this.#held.delete(network);
      this.#lapsing.delete(network);
    }
    for (const network of this.#refused.keys()) {
      if (!this.#options.entryOf(network)) this.#refused.delete(network);
    }
  }

  #tell(action: ChangeEvent['action'], network: Network, expiresAt?: Instant): void {
    const { onChange, clock, target, entryOf } = this.#options;
    if (!onChange) return;
    const entry = entryOf(network);
    const end = expiresAt ?? entry?.expiresAt;
    onChange({
      at: clock.wall(),
      target,
      action,
      network,
      origin: entry?.origin ?? '',
      scenario: entry?.scenario ?? '',
      ...(end !== undefined && Number.isFinite(end) ? { expiresAt: wallOf(clock, end) } : {}),
    });
  }
}
