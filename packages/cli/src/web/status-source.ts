import type { Clock, DecisionSet, Network, ProtectedSpace, SkippedValue } from '@bouncer/stream';
import type { ControllerStatus, Holder } from '@bouncer/engine';

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
  /** Every device, and whether it holds this very entry. */
  readonly holders?: ((network: Network) => readonly Holder[]) | undefined;
  /** What the device of this name holds of ours. */
  readonly heldBy?: ((name: string) => Iterable<Network>) | undefined;
  /** What is never blocked; undefined before the first pull. */
  readonly protectedSpace?: (() => ProtectedSpace | undefined) | undefined;
  /** Values that were passed over, and why: the first ones. */
  readonly skippedValues?: (() => readonly SkippedValue[]) | undefined;
  /** Hides known secrets in a text: the last line of defence for messages of errors. */
  readonly hide?: ((text: string) => string) | undefined;
}
