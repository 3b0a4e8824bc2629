import { DecisionView, viewKey } from './decision-view.ts';
import type { ViewOptions } from './decision-view.ts';
import type { WireDecision } from './decisions/wire-decision.ts';
import type { Network } from './net/network.ts';
import type { ProtectedSpace } from './net/protected-space.ts';
import type { DecisionStreamOptions } from './stream-options.ts';
import type { GuardStatus } from './stream-status.ts';

/** All views of one stream: whatever LAPI says reaches each of them. */
export class DecisionViews {
  /** The view of whoever asks for nothing of his own. */
  readonly main: DecisionView;
  readonly #options: DecisionStreamOptions;
  readonly #watch: (until: number, next?: number) => void;
  readonly #all = new Map<string, DecisionView>();

  constructor(options: DecisionStreamOptions, watch: (until: number, next?: number) => void) {
    this.#options = options;
    this.#watch = watch;
    this.main = this.of({ allowlist: options.allowlist });
  }

  /** The same options give the same view. */
  of({ types = [...this.#options.filter.types], allowlist = [] }: ViewOptions): DecisionView {
    const key = viewKey(types, allowlist);
    const known = this.#all.get(key);
    if (known) return known;
    const { filter } = this.#options;
    const view = new DecisionView({
      ...this.#options,
      filter: { ...filter, types: new Set(types) },
      allowlist,
      isMain: this.#all.size === 0,
      watch: this.#watch,
    });
    this.#all.set(key, view);
    return view;
  }

  get isHolding(): boolean {
    return [...this.#all.values()].some(({ guard }) => guard.isHolding);
  }

  guardStatus(): { readonly guard?: GuardStatus; readonly guardHolds: number } {
    const guards = [...this.#all.values()].map((view) => view.guard);
    const guard = guards.find(({ isHolding }) => isHolding)?.status();
    return { ...(guard && { guard }), guardHolds: guards.reduce((sum, { holds }) => sum + holds, 0) };
  }

  restart(space: ProtectedSpace): void {
    for (const view of this.#all.values()) view.restart(space);
  }

  begin(space: ProtectedSpace): void {
    for (const view of this.#all.values()) view.begin(space);
  }

  expire(): void {
    for (const view of this.#all.values()) view.expire();
  }

  /** False when it is no decision, as every view finds. */
  add(decision: WireDecision): boolean {
    let isReadable = true;
    for (const { intake } of this.#all.values()) if (!intake.add(decision)) isReadable = false;
    return isReadable;
  }

  /** False when some view never knew of it. */
  delete(decision: WireDecision): boolean {
    let isKnown = true;
    for (const { intake } of this.#all.values()) if (!intake.delete(decision)) isKnown = false;
    return isKnown;
  }

  ageDeparted(): void {
    for (const { set } of this.#all.values()) set.ageDeparted();
  }

  /** A full pull was complete: each view drops what it did not name, or holds that back. */
  async settle(pull: number, calmSince: number, signal: AbortSignal): Promise<void> {
    for (const { intake, guard, secondRoad } of this.#all.values()) {
      intake.renew();
      await guard.settle(pull, calmSince, (isDoubted) => secondRoad.agrees(pull, isDoubted, signal));
    }
  }

  /** The networks that changed in any view: a look too many at one that did not is cheap. */
  takeTouched(isComplete: boolean): ReadonlySet<Network> {
    if (this.#all.size === 1) return this.main.set.takeTouched(isComplete);
    return new Set([...this.#all.values()].flatMap(({ set }) => [...set.takeTouched(isComplete)]));
  }
}
