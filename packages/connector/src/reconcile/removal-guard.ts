import type { Logger } from '../observe/log.ts';
import { guardRemovals } from './guard.ts';
import type { GuardMemory } from './guard.ts';
import type { TargetStatus } from './status.ts';

/** What a removal guard works with. */
export interface RemovalGuardOptions {
  readonly target: string;
  readonly log: Logger;
  readonly maxRemovalPercent: number;
  /** Asks the stream for the second opinion. */
  readonly requestFull: (reason: string) => void;
}

/** The guard of one device: remembers what is held back, tells of it once, and asks for the pull that decides. */
export class RemovalGuard {
  readonly #options: RemovalGuardOptions;
  #memory: GuardMemory | undefined;
  #holds = 0;

  constructor(options: RemovalGuardOptions) {
    this.#options = options;
  }

  /** True while removals wait for a second pull. */
  get isHolding(): boolean {
    return this.#memory !== undefined && !this.#memory.confirmed;
  }

  status(): Pick<TargetStatus, 'guard' | 'guardHolds'> {
    const memory = this.isHolding ? this.#memory : undefined;
    return {
      ...(memory && { guard: { removals: memory.removals, held: memory.held } }),
      guardHolds: this.#holds,
    };
  }

  /** The verdict on a plan with so many removals of `held` entries, made after full pull number `pull`; remembered. */
  judge(removals: number, held: number, pull: number): void {
    this.#memory = this.ask(removals, held, pull);
  }

  /** The same verdict, told but not remembered: for a plan that nobody carries out. */
  ask(removals: number, held: number, pull: number): GuardMemory | undefined {
    const { target, log, maxRemovalPercent: maxPercent, requestFull } = this.#options;
    const verdict = guardRemovals({ removals, held, maxPercent, pull }, this.#memory);
    if (verdict?.confirmed === false && verdict.pull !== this.#memory?.pull) {
      this.#holds += 1;
      log.warn({ target, removals, held }, 'removals are held until a second full pull agrees');
      requestFull('removals are held until a second full pull agrees');
    }
    if (this.isHolding && verdict?.confirmed !== false) {
      const reason = verdict ? 'a second full pull agreed' : 'the removals are no longer asked for';
      log.info({ target, removals, reason }, 'removals are no longer held');
    }
    return verdict;
  }
}
