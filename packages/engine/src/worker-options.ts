import type { Clock } from '@bouncer/stream';
import type { AnyTarget, Logger } from '@bouncer/target';
import type { FollowedStream } from './controller.ts';
import type { ChangeEvent } from './status.ts';

/** What all devices have in common. Durations in seconds. */
export interface ReconcileOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxEntries?: number | undefined;
  readonly maxRemovalPercent: number;
  readonly removalHold: number;
  readonly dryRun: boolean;
  readonly resyncInterval: number;
  readonly updateFrequency: number;
  readonly random: () => number;
  readonly onChange?: ((event: ChangeEvent) => void) | undefined;
}

/** One device, and the stream that it follows. */
export interface WorkerOptions extends ReconcileOptions {
  readonly target: AnyTarget;
  readonly stream: FollowedStream;
}
