import type { Clock } from './clock.ts';
import type { DecisionFilter } from './decisions/filter.ts';
import type { LapiClient } from './lapi/lapi-client.ts';
import type { Network } from './net/network.ts';
import type { ProtectedSpace } from './net/protected-space.ts';
import type { StreamLog } from './stream-status.ts';

/** What a decision stream is made of. */
export interface DecisionStreamOptions {
  readonly client: LapiClient;
  readonly clock: Clock;
  readonly filter: DecisionFilter;
  /** Asked again before every full pull, so that addresses behind changed DNS names are honoured. */
  readonly protectedSpace: () => Promise<ProtectedSpace>;
  /** Never blocked by the main view, on top of `protectedSpace`. */
  readonly allowlist?: readonly Network[] | undefined;
  /** Seconds from one pull to the next. */
  readonly updateFrequency: number;
  /** Seconds from one full pull to the next. */
  readonly resyncInterval: number;
  /** A full pull that would remove more than this share waits (contract 4.10); 50 when absent, 100 never waits. */
  readonly maxRemovalPercent?: number;
  /** How many seconds such a removal has to stay agreed; 600 when absent. */
  readonly removalHold?: number;
  /** From 0 up to 1; Math.random when absent. */
  readonly random?: () => number;
  readonly log: StreamLog;
}
