import type { Network } from '@bouncer/stream';
import type { CheckStep } from './check-step.ts';
import type { ApplyReport, Capabilities, Changes, Current, HeldEntry, Target } from './target.ts';

export interface MemoryTargetOptions {
  readonly name?: string;
  readonly capabilities?: Partial<Capabilities>;
}

/** The reference target: a list in memory. Does what the interface says and nothing else; for tests and for trying things out. */
export class MemoryTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** What the "device" holds. Change it from outside to play the device's part. */
  readonly rows = new Map<Network, HeldEntry>();

  constructor({ name = 'memory', capabilities = {} }: MemoryTargetOptions = {}) {
    this.name = name;
    this.capabilities = { families: [4, 6], ranges: true, expires: false, ...capabilities };
  }

  open(signal: AbortSignal): Promise<void> {
    return settled(signal);
  }

  async list(signal: AbortSignal): Promise<Current> {
    await settled(signal);
    return { held: new Map(this.rows), surplus: [] };
  }

  async apply(changes: Changes, report: ApplyReport, signal: AbortSignal): Promise<void> {
    await settled(signal);
    for (const entry of [...changes.create, ...changes.update.map((update) => update.entry)]) {
      const held: HeldEntry = {
        network: entry.network,
        expiresAt: this.capabilities.expires ? entry.expiresAt : Infinity,
      };
      this.rows.set(entry.network, held);
      report.written(held);
    }
    for (const held of changes.delete) {
      this.rows.delete(held.network);
      report.removed(held);
    }
  }

  async verify(held: ReadonlyMap<Network, HeldEntry>, signal: AbortSignal): Promise<boolean> {
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
