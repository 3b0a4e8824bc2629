import { familyOf } from '@bouncer/stream';
import type { OriginCount } from '@bouncer/stream';
import type { TargetStatus } from '@bouncer/engine';
import type { StatusSource } from './status-source.ts';

/**
 * How many networks are blocked: what the device with the fewest holds. A network that one device lacks gets in there, so
 * that a higher figure would promise too much; what each of them holds stands beside it. A device that holds nothing (away
 * since the start, a dry run) does not count: the verdict and its own row tell of it.
 */
export function heldEverywhere(targets: readonly TargetStatus[]): number {
  return fewest(targets)?.held ?? 0;
}

function fewest(targets: readonly TargetStatus[]): TargetStatus | undefined {
  const [first, ...others] = targets.filter(({ state, held }) => state !== 'dry-run' && held > 0);
  return first && others.reduce((least, each) => (each.held < least.held ? each : least), first);
}

/** Where it is found what the devices hold. */
export type HeldSource = Pick<StatusSource, 'set' | 'status' | 'heldBy'>;

/**
 * The same networks by origin and family. Where the devices hold the whole set, the set's own counts are theirs; only else
 * they are counted, which is O(held). What a device still holds and nobody bans any more is not among them.
 */
export function heldByOrigin({ set, status, heldBy }: HeldSource): readonly OriginCount[] {
  const target = fewest(status().targets);
  if (!target || target.held === 0) return [];
  if (target.held === set.size) return set.counts();
  const counts = new Map<string, { origin: string; family: 4 | 6; count: number }>();
  for (const network of heldBy?.(target.name) ?? []) {
    const entry = set.get(network);
    if (!entry) continue;
    const origin = entry.origin === 'lists' ? `lists:${entry.scenario}` : entry.origin;
    const family = familyOf(network);
    const key = `${family} ${origin}`;
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { origin, family, count: 1 });
  }
  return [...counts.values()];
}
