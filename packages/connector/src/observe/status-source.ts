import type { Clock, DecisionSet } from '@bouncer/stream';
import type { ChangeEvent, ControllerStatus } from '../reconcile/status.ts';

/** Where pages and metrics get what they show. Every function is cheap and does no I/O. */
export interface StatusSource {
  readonly status: () => ControllerStatus;
  readonly set: DecisionSet;
  readonly clock: Clock;
  /** For people: `MikroTik RouterOS`. */
  readonly title: string;
  /** `crowdsec-mikrotik-bouncer` */
  readonly type: string;
  readonly version: string;
  /** What changed last, newest first; see RecentChanges. */
  readonly changes?: (() => readonly ChangeEvent[]) | undefined;
  /** Hides known secrets in a text: the last line of defence for messages of errors. */
  readonly hide?: ((text: string) => string) | undefined;
}
