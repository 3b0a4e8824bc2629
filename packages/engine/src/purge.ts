import type { Network } from '@bouncer/stream';
import type { AnyTarget, ApplyReport } from '@bouncer/target';
import type { AnyHeldEntry } from './ledger.ts';
import type { TargetOutcome } from './status.ts';

/** Removes everything of ours from one device. Foreign entries are never listed, so they are never touched. */
export async function purgeTarget(target: AnyTarget, signal: AbortSignal): Promise<TargetOutcome> {
  const report = new RemovalCount();
  try {
    await target.open(signal);
    // Rules first: a rule without its list is harmless, and the other way round as well, but nobody wants leftovers.
    await target.purge?.(signal);
    const { held, strays } = await target.list(signal);
    report.held = held;
    const all = { create: [], update: [], delete: [...held.values(), ...strays] };
    await target.apply(all, held, report, signal);
    const note = target.leftAfterPurge?.() ?? '';
    return { target: target.name, ok: true, removed: report.count, ...(note !== '' && { note }) };
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    return { target: target.name, ok: false, removed: report.count, error: reason };
  } finally {
    await target.close();
  }
}

class RemovalCount implements ApplyReport<unknown> {
  count = 0;
  held = new Map<Network, AnyHeldEntry>();

  written(): void {
    throw new Error('purge writes nothing');
  }

  removed({ network, ref }: AnyHeldEntry): void {
    if (this.held.get(network)?.ref === ref) this.held.delete(network);
    this.count += 1;
  }

  refused(): void {
    // What cannot be removed makes apply reject.
  }
}
