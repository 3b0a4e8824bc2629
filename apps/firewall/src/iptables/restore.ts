import type { Changes, HeldEntry } from '@bouncer/target';
import { familyOf, type Instant, type Network } from '@bouncer/stream';
import type { SeenFamily } from './look.ts';
import { addLine, createLine, deleteLine, stagingName } from './ipset.ts';
import type { IpsetShape } from './ipset.ts';

/** Changes of one family. */
export interface FamilyChange {
  readonly written: readonly HeldEntry[];
  readonly removed: readonly Network[];
}

/** Splits changes by family, ends as they will be in the kernel. */
export function changesOf(
  { create, update, delete: remove }: Changes,
  family: 4 | 6,
  endOf: (wanted: Instant) => Instant,
): FamilyChange {
  const entries = [...create, ...update.map(({ entry }) => entry)];
  return {
    written: entries
      .filter(({ network }) => familyOf(network) === family)
      .map(({ network, expiresAt }) => ({ network, expiresAt: endOf(expiresAt) })),
    removed: remove.map(({ network }) => network).filter((network) => familyOf(network) === family),
  };
}

/** A few changes, in place. An element that is there gets its new end, one that is gone is no error (`-exist`). */
export function* changeLines({ name }: IpsetShape, change: FamilyChange, now: Instant): Generator<string> {
  for (const { network, expiresAt } of change.written) yield addLine(name, network, secondsTo(expiresAt, now));
  for (const network of change.removed) yield deleteLine(name, network);
}

/**
 * A full load: all that the set will hold is made ready in a second one, which then takes its place in one step. Cut
 * anywhere before, the old set stands untouched.
 */
export function* loadLines(
  { shape, set, leftOver }: SeenFamily,
  change: FamilyChange,
  known: Iterable<HeldEntry>,
  now: Instant,
): Generator<string> {
  const staging = stagingName(shape);
  // Of a load that was cut.
  if (leftOver) yield `destroy ${staging}\n`;
  // The swap asks for both.
  if (!set) yield createLine(shape);
  yield createLine({ ...shape, name: staging });
  for (const { network, expiresAt } of known) {
    const isOther = familyOf(network) !== shape.family || expiresAt <= now;
    if (!isOther) yield addLine(staging, network, secondsTo(expiresAt, now));
  }
  for (const { network, expiresAt } of change.written) yield addLine(staging, network, secondsTo(expiresAt, now));
  for (const network of change.removed) yield deleteLine(staging, network);
  yield `swap ${shape.name} ${staging}\n`;
  yield `destroy ${staging}\n`;
}

function secondsTo(expiresAt: Instant, now: Instant): number {
  return Math.max(1, Math.min(expiresAt - now, Number.MAX_SAFE_INTEGER));
}
