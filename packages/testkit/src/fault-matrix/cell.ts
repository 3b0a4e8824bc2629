import type { FaultId } from './fault-table.ts';
import type { Lane } from './lane.ts';
import type { MatrixDevice } from './matrix-device.ts';
import type { Promised } from './promises.ts';

/** How one fault strikes one connector, and what must be seen. */
export interface Cell<D extends MatrixDevice = MatrixDevice> {
  readonly fault: FaultId;
  /** Why it cannot be tried on this machine; it is skipped by name then. */
  readonly missing?: string | undefined;
  /** Makes it go wrong. A ban and an unban at LAPI follow at once, but for `quiet`. */
  inject(lane: Lane<D>): void | Promise<void>;
  /** Resolves when enough has been seen; after what `told` and `error` ask for. */
  observe?(lane: Lane<D>): void | Promise<void>;
  /** Ends it. Without it, the fault is over once it has struck: after `inject` and `observe`. */
  lift?(lane: Lane<D>): void | Promise<void>;
  /** What must be right beside list and /readyz when it is healed. */
  healed?(lane: Lane<D>): boolean;
  /** A reason that /readyz must give with its 503 while the fault is on. */
  readonly told?: RegExp;
  /** An error that /status.json must name while the fault is on. */
  readonly error?: RegExp;
  /** True when nothing is wrong with the protection, so that /readyz must say 200 all the time. */
  readonly staysReady?: boolean;
  /** True when the device was emptied by somebody else: what is missing until it is healed is not our doing. */
  readonly emptied?: boolean;
  /** True when LAPI has no news until it is healed: they would have a connector that writes files write all of it anew. */
  readonly quiet?: boolean;
  /** True when the connector is to end; `lift` starts it again, as an init system or container engine would. */
  readonly kills?: boolean;
  /** When all must be right again; default: when a device that is back must be. */
  readonly within?: Promised;
  /** Wait of so many seconds after the lift that is skipped, not sat out. */
  readonly skip?: number;
  /** The most requests to LAPI in any minute. */
  readonly lapiPerMinute?: number;
  /** The most that the device may be asked in any minute. */
  readonly devicePerMinute?: number;
  /** Everything that the cell has changed for the cells behind it is put back. */
  restore?(lane: Lane<D>): void | Promise<void>;
}
