import type { ViewOptions } from '@bouncer/stream';
import type { Target } from '@bouncer/target';

/** One target with what it has of its own; what is absent is as for all. */
export interface TargetSpec extends ViewOptions {
  readonly target: Target;
  /** MAX_ENTRIES of this target. */
  readonly maxEntries?: number | undefined;
  readonly dryRun?: boolean | undefined;
}
