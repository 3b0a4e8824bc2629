import { TransientError, instantNow } from '@bouncer/stream';
import type { Clock, Instant, Network } from '@bouncer/stream';
import type { ApplyReport, Capabilities, Changes, CheckStep, Current, Held, HeldEntry, Target } from '@bouncer/target';

/** Told of every row that leaves the device, and how. */
export type Watch = (network: Network, how: 'removed' | 'lapsed', at: Instant) => void;

/**
 * A device in memory, as unkind as real ones: rows end by themselves, links break in mid-apply after a command was
 * executed and before its reply, somebody empties the list.
 */
export class ModelDevice {
  readonly #clock: Clock;
  readonly #watch: Watch;
  readonly rows = new Map<Network, Instant>();
  /** Connections are refused until this moment (monotonic milliseconds). */
  awayUntil = 0;
  /** The link breaks after so many further writes; the last of them is executed and never reported. */
  cutAfter = Infinity;
  writes = 0;
  /** The most entries it takes; told once it is connected. */
  limit = Infinity;

  constructor(clock: Clock, watch: Watch) {
    this.#clock = clock;
    this.#watch = watch;
  }

  /** Lets rows end. */
  lapse(): void {
    const now = instantNow(this.#clock);
    for (const [network, end] of this.rows) {
      if (end > now) continue;
      this.rows.delete(network);
      this.#watch(network, 'lapsed', end);
    }
  }

  reach(): void {
    this.lapse();
    if (this.#clock.now() < this.awayUntil) throw new TransientError('connection refused');
  }

  /** Counts a write; the second call is the reply. */
  write(change: () => void): void {
    this.reach();
    change();
    this.writes += 1;
    this.cutAfter -= 1;
    if (this.cutAfter > 0) return;
    this.cutAfter = Infinity;
    throw new TransientError('the connection was reset');
  }

  remove(network: Network): void {
    if (this.rows.delete(network)) this.#watch(network, 'removed', instantNow(this.#clock));
  }
}

/** A target on a model device. */
export class ModelTarget implements Target {
  readonly name = 'model';
  readonly #device: ModelDevice;

  constructor(device: ModelDevice) {
    this.#device = device;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- throws as a rejection
  async open(): Promise<Capabilities> {
    this.#device.reach();
    const { limit: maxEntries } = this.#device;
    return { families: [4, 6], ranges: true, expires: true, maxTimeout: 50_000, batch: 3, maxEntries };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- throws as a rejection
  async list(): Promise<Current> {
    this.#device.reach();
    const held = [...this.#device.rows].map(([network, expiresAt]): [Network, HeldEntry] => [
      network,
      { network, expiresAt },
    ]);
    return { held: new Map(held), strays: [] };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- throws as a rejection
  async apply(changes: Changes, _held: Held, report: ApplyReport): Promise<void> {
    const device = this.#device;
    for (const entry of [...changes.create, ...changes.update.map((update) => update.entry)]) {
      const held = { network: entry.network, expiresAt: entry.expiresAt };
      device.write(() => device.rows.set(held.network, held.expiresAt));
      report.written(held);
    }
    for (const held of changes.delete) {
      device.write(() => {
        device.remove(held.network);
      });
      report.removed(held);
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- throws as a rejection
  async verify(held: Held): Promise<boolean> {
    this.#device.reach();
    return held.size === this.#device.rows.size;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is for devices that have to be asked
  async *check(): AsyncIterable<CheckStep> {
    yield { ok: true, level: 'ok', step: 'model', seen: 'a model' };
  }

  setup(): string {
    return '';
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
