import type { Network } from '@bouncer/stream';
import type { CheckStep } from './doctor/check-step.ts';
import type { ApplyReport, Capabilities, Changes, Current, Held, HeldEntry, Target } from './target.ts';

export interface MemoryTargetOptions {
  readonly name?: string;
  readonly capabilities?: Partial<Capabilities>;
}

/** The reference target: a list in memory. Does what the interface says and nothing else; for tests and for trying things out. */
export class MemoryTarget implements Target {
  readonly name: string;
  /** What the "device" holds. Change it from outside to play the device's part. */
  readonly rows = new Map<Network, HeldEntry>();
  readonly #capabilities: Capabilities;

  constructor({ name = 'memory', capabilities = {} }: MemoryTargetOptions = {}) {
    this.name = name;
    this.#capabilities = { families: [4, 6], ranges: true, expires: false, ...capabilities };
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    await settled(signal);
    return this.#capabilities;
  }

  async list(signal: AbortSignal): Promise<Current> {
    await settled(signal);
    return { held: new Map(this.rows), strays: [] };
  }

  async apply(changes: Changes, _held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    await settled(signal);
    for (const { network, expiresAt } of [...changes.create, ...changes.update.map(({ entry }) => entry)]) {
      const row: HeldEntry = { network, expiresAt: this.#capabilities.expires ? expiresAt : Infinity };
      this.rows.set(network, row);
      report.written(row);
    }
    for (const row of changes.delete) {
      this.rows.delete(row.network);
      report.removed(row);
    }
  }

  async verify(held: Held, signal: AbortSignal): Promise<boolean> {
    await settled(signal);
    return held.size === this.rows.size && [...held.keys()].every((network) => this.rows.has(network));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is for devices that have to be asked
  async *check(): AsyncIterable<CheckStep> {
    yield { ok: true, level: 'ok', step: 'memory', seen: `${this.rows.size} entries` };
  }

  setup(): string {
    return 'Nothing to set up.\n';
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

function settled(signal: AbortSignal): Promise<void> {
  return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
}
