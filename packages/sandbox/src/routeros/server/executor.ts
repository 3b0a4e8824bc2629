/** One command waiting for the router's single thread. */
export interface Job {
  /** Milliseconds of the thread. Asked when its turn comes. */
  cost(): number;
  run(): void;
}

interface Waiting {
  readonly job: Job;
  readonly arrivedAt: number;
}

/** How long one turn may hold the event loop, in milliseconds, so that sockets stay served. */
const TURN_MS = 4;

/**
 * The one thread of the router: the commands of all connections one after the other. Time is kept by a virtual
 * busy-until moment, so that late timers do not add up: the throughput of a full queue is exactly 1 / cost.
 * Real time on purpose, since sockets are real.
 */
export class Executor {
  #queue: Waiting[] = [];
  #head = 0;
  #busyUntil = 0;
  /** When the job at the head will be finished; undefined when its turn has not come. */
  #finishAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #paused = false;

  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  submit(job: Job): void {
    this.#queue.push({ job, arrivedAt: performance.now() });
    if (!this.#timer && !this.#immediate && !this.#paused) this.#wakeSoon();
  }

  /** Stands still: nothing is executed until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#sleep();
  }

  resume(): void {
    this.#paused = false;
    this.#busyUntil = Math.max(this.#busyUntil, performance.now());
    this.#finishAt = undefined;
    if (this.waiting > 0) this.#wakeSoon();
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#queue = [];
    this.#head = 0;
    this.#finishAt = undefined;
    this.#busyUntil = 0;
    this.#sleep();
  }

  #turn(): void {
    const started = performance.now();
    let now = started;
    for (;;) {
      const waiting = this.#queue[this.#head];
      if (!waiting || this.#paused) return;
      this.#finishAt ??= Math.max(this.#busyUntil, waiting.arrivedAt) + waiting.job.cost();
      if (this.#finishAt > now) {
        this.#wakeAt(this.#finishAt - now);
        return;
      }
      this.#busyUntil = this.#finishAt;
      this.#finishAt = undefined;
      this.#takeHead();
      waiting.job.run();
      now = performance.now();
      if (now - started > TURN_MS && this.waiting > 0) {
        this.#wakeSoon();
        return;
      }
    }
  }

  #takeHead(): void {
    this.#head += 1;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
      return;
    }
    if (this.#head < 1024 || this.#head * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }

  /** Timers are coarse (1 ms and late), so the last millisecond is waited for by turns of the event loop. */
  #wakeAt(ms: number): void {
    if (ms < 2) {
      this.#wakeSoon();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#turn();
    }, ms - 1.5);
  }

  #wakeSoon(): void {
    if (this.#paused || this.#immediate) return;
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined;
      this.#turn();
    });
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }
}
