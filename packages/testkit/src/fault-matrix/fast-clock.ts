import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@bouncer/stream';

/** A clock that runs `speed` times as fast as the machine's, for stand-ins beside a connector with the same speed. */
export class FastClock implements Clock {
  readonly speed: number;
  readonly #start = performance.now();
  readonly #epoch = Date.now();
  #skipped = 0;

  constructor(speed: number) {
    this.speed = speed;
  }

  now(): number {
    return this.#start + (performance.now() - this.#start) * this.speed + this.#skipped;
  }

  wall(): number {
    return this.#epoch + this.now() - this.#start;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await delay(ms / this.speed, undefined, signal ? { signal } : {});
  }

  /** Leaps forward; whoever sleeps goes on sleeping as long as before. */
  skip(ms: number): void {
    this.#skipped += ms;
  }
}
