import { setTimeout as pause } from 'node:timers/promises';
import type { Look, Stage } from './stage.ts';

const LOOK_INTERVAL_MS = 100;

/** Looks until the address meets that; the last look, and the seconds it took. */
export async function waitFor(
  stage: Stage,
  address: string,
  state: Look['state'],
  seconds: number,
): Promise<{ readonly look: Look; readonly seconds: number }> {
  const start = performance.now();
  for (;;) {
    const look = await stage.look(address);
    const passed = (performance.now() - start) / 1000;
    if (look.state === state || passed > seconds) return { look, seconds: passed };
    await pause(LOOK_INTERVAL_MS);
  }
}

/** Looks at a banned address again and again while something goes on. */
export class Watch {
  readonly #done: Promise<void>;
  #isOver = false;
  #looks = 0;
  #letIn = 0;

  constructor(stage: Stage, address: string) {
    this.#done = this.#watch(stage, address);
  }

  async end(): Promise<{ readonly looks: number; readonly letIn: number }> {
    this.#isOver = true;
    await this.#done;
    return { looks: this.#looks, letIn: this.#letIn };
  }

  async #watch(stage: Stage, address: string): Promise<void> {
    while (!this.#isOver) {
      const { state } = await stage.look(address);
      this.#looks += 1;
      if (state === 'let in') this.#letIn += 1;
      await pause(LOOK_INTERVAL_MS);
    }
  }
}
