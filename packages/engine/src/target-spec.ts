import type { ViewOptions } from '@bouncer/stream';
import type { AnyTarget } from '@bouncer/target';

/** One target with what it has of its own; what is absent is as for all. */
export interface TargetSpec extends ViewOptions {
  readonly target: AnyTarget;
  /** MAX_ENTRIES of this target. */
  readonly maxEntries?: number | undefined;
  readonly dryRun?: boolean | undefined;
}
