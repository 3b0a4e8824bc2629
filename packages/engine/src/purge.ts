import type { ApplyReport, Target } from '@bouncer/target';
import type { TargetOutcome } from './status.ts';

/** Removes everything of ours from one device. Foreign entries are never listed, so they are never touched. */
export async function purgeTarget(target: Target, signal: AbortSignal): Promise<TargetOutcome> {
  const report = new RemovalCount();
  try {
    await target.open(signal);
    // Rules first: a rule without its list is harmless, and the other way round as well, but nobody wants leftovers.
    await target.purge?.(signal);
    const { held, surplus } = await target.list(signal);
    await target.apply({ create: [], update: [], delete: [...held.values(), ...surplus] }, report, signal);
    const note = target.leftAfterPurge?.() ?? '';
    return { target: target.name, ok: true, removed: report.count, ...(note !== '' && { note }) };
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    return { target: target.name, ok: false, removed: report.count, error: reason };
  } finally {
    await target.close();
  }
}

class RemovalCount implements ApplyReport {
  count = 0;

  written(): void {
    throw new Error('purge writes nothing');
  }

  removed(): void {
    this.count += 1;
  }

  refused(): void {
    // What cannot be removed makes apply reject.
  }
}
