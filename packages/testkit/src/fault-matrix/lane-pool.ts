import type { Cell } from './cell.ts';
import { Lane } from './lane.ts';
import type { LaneOptions } from './lane.ts';
import type { MatrixDevice } from './matrix-device.ts';
import { TooLate, runCell } from './run-cell.ts';
import type { CellFigures } from './run-cell.ts';

/** How much slower time runs when a cell is tried again, and how slow at the least. */
const SLOWER = 3;
const SLOWEST = 2;

/** Some lanes, lent out one cell at a time. */
export class LanePool<D extends MatrixDevice> implements AsyncDisposable {
  readonly #options: LaneOptions<D>;
  readonly #free: Promise<Lane<D>>[] = [];
  readonly #waiting: ((lane: Promise<Lane<D>>) => void)[] = [];

  constructor(options: LaneOptions<D>, lanes: number) {
    this.#options = options;
    for (let lane = 0; lane < lanes; lane += 1) this.#free.push(Lane.start(options));
  }

  /**
   * Tries a cell. One that was too late is tried again with slower and slower time: a wait of the connector's own takes as
   * many of its seconds then, but what the machine needs counts less. So a slow machine is not taken for a slow connector,
   * nor the other way round.
   */
  async strike(cell: Cell<D>): Promise<CellFigures> {
    const lane = await this.#borrow();
    try {
      const figures = await runCell(lane, cell, false).catch((error: unknown) =>
        this.#strikeSlower(cell, lane.clock.speed, error),
      );
      await this.#giveBack(lane, true);
      return figures;
    } catch (error) {
      await this.#giveBack(lane, false);
      throw error;
    }
  }

  async #strikeSlower(cell: Cell<D>, last: number, error: unknown): Promise<CellFigures> {
    const speed = last / SLOWER;
    if (!(error instanceof TooLate) || speed < SLOWEST) throw error;
    process.stdout.write(`${cell.fault} at ${last} times the speed: ${error.message}; once more, slower\n`);
    const lane = await Lane.start({ ...this.#options, speed });
    try {
      return await runCell(lane, cell, speed / SLOWER < SLOWEST);
    } catch (again) {
      return await this.#strikeSlower(cell, speed, again);
    } finally {
      await lane[Symbol.asyncDispose]();
    }
  }

  async #borrow(): Promise<Lane<D>> {
    return this.#free.shift() ?? new Promise<Lane<D>>((resolve) => this.#waiting.push(resolve));
  }

  /** After a failure nobody knows what state a lane is in: another one takes its place. */
  async #giveBack(lane: Lane<D>, isSound: boolean): Promise<void> {
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
