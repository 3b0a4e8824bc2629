import { instantNow } from './clock.ts';
import type { Clock } from './clock.ts';
import { DecisionSet } from './decisions/decision-set.ts';
import type { DecisionFilter } from './decisions/filter.ts';
import { Intake } from './decisions/intake.ts';
import type { LapiClient } from './lapi/lapi-client.ts';
import type { Network } from './net/network.ts';
import type { ProtectedSpace } from './net/protected-space.ts';
import { SecondRoad } from './second-road.ts';
import type { StreamLog } from './stream-status.ts';
import { SweepGuard } from './sweep-guard.ts';

/** What makes one view of the stream different from another. */
export interface ViewOptions {
  /** Decision types enforced as a block; those of the stream when absent. */
  readonly types?: readonly string[] | undefined;
  /** Never blocked, on top of what is never blocked anyway. */
  readonly allowlist?: readonly Network[] | undefined;
}

export interface DecisionViewOptions {
  readonly client: LapiClient;
  readonly clock: Clock;
  readonly log: StreamLog;
  readonly filter: DecisionFilter;
  readonly allowlist: readonly Network[];
  readonly maxRemovalPercent?: number | undefined;
  readonly removalHold?: number | undefined;
  readonly watch: (until: number, next?: number) => void;
  /** Decisions passed over are told for one view only. */
  readonly isMain: boolean;
}

/** One reading of LAPI's answers: what must be blocked by these types and this allowlist. All views are fed by one pull. */
export class DecisionView {
  readonly set = new DecisionSet();
  readonly intake: Intake;
  readonly guard: SweepGuard;
  readonly secondRoad: SecondRoad;
  readonly #clock: Clock;
  readonly #allowlist: readonly Network[];

  constructor({ client, clock, log, filter, allowlist, watch, isMain, ...limits }: DecisionViewOptions) {
    this.#clock = clock;
    this.#allowlist = allowlist;
    this.intake = new Intake(this.set, filter, clock, isMain ? log : { ...log, warn: () => undefined });
    this.secondRoad = new SecondRoad(client, this.set, this.intake, log);
    this.guard = new SweepGuard(this.set, {
      clock,
      log,
      maxPercent: limits.maxRemovalPercent ?? 50,
      holdMs: (limits.removalHold ?? 600) * 1000,
      isProtected: (network) => this.intake.isProtected(network),
      watch,
    });
  }

  /** The addresses never blocked may be others now. */
  restart(space: ProtectedSpace): void {
    this.intake.restart(this.#allowlist.length === 0 ? space : space.plus(this.#allowlist));
  }

  /** A full pull begins. */
  begin(space: ProtectedSpace): void {
    this.restart(space);
    this.expire();
    this.guard.begin();
  }

  /** Drops what has come to its end. */
  expire(): void {
    this.set.expire(instantNow(this.#clock));
  }
}

/** The same for the same types and networks, in whatever order they are given. */
export function viewKey(types: readonly string[], allowlist: readonly Network[]): string {
  return JSON.stringify([[...new Set(types)].sort(), [...new Set(allowlist)].sort()]);
}
