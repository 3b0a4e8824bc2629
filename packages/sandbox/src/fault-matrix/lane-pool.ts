import { Lane, type LaneOptions } from './lane.ts';
import type { MatrixDevice } from './matrix-device.ts';

/** Some lanes, lent out one cell at a time. */
export class LanePool<D extends MatrixDevice> implements AsyncDisposable {
  readonly #options: LaneOptions<D>;
  readonly #free: Promise<Lane<D>>[] = [];
  readonly #waiting: ((lane: Promise<Lane<D>>) => void)[] = [];

  constructor(options: LaneOptions<D>, lanes: number) {
    this.#options = options;
    for (let lane = 0; lane < lanes; lane += 1) this.#free.push(Lane.start(options));
  }

  async borrow(): Promise<Lane<D>> {
    return this.#free.shift() ?? new Promise<Lane<D>>((resolve) => this.#waiting.push(resolve));
  }

  /** After a failure nobody knows what state a lane is in: another one takes its place. */
  async giveBack(lane: Lane<D>, isSound: boolean): Promise<void> {
    if (!isSound) await lane[Symbol.asyncDispose]();
    const next = isSound ? Promise.resolve(lane) : Lane.start(this.#options);
    const first = this.#waiting.shift();
    if (first) first(next);
    else this.#free.push(next);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lane of this.#free) await (await lane)[Symbol.asyncDispose]();
  }
}
