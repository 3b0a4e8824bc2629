/** One command waiting for its turn. */
export interface Job {
  /** Milliseconds of the router's processor. Asked when its turn comes. */
  cost(): number;
  run(): void;
}

/** A job, and what is left of its cost; undefined before its turn came. */
interface Waiting {
  readonly job: Job;
  readonly arrivedAt: number;
  left: number | undefined;
}

/** The commands of one session: one after the other. */
interface Session {
  queue: Waiting[];
  head: number;
}

/** How long one turn may hold the event loop, in milliseconds, so that sockets stay served. */
const TURN_MS = 4;
/** How long one session has the processor while others wait for it. Milliseconds. */
const SLICE_MS = 5;

/**
 * The router's processor. The commands of one session are worked through one after the other; sessions share it in slices,
 * so that a short command waits for a long one of its own session, and not for that of another. Time is kept by a
 * virtual busy-until moment, so that late timers do not add up: the throughput of a full queue is exactly 1 / cost.
 * Real time on purpose, since sockets are real.
 */
export class Executor {
  /** Those that have something waiting, in the order of their turns. */
  #ring: Session[] = [];
  #sessions = new WeakMap<object, Session>();
  #busyUntil = 0;
  /** When the turn of the first session began. */
  #turnFrom: number | undefined;
  /** Milliseconds that the first session has had in its turn. */
  #used = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #paused = false;

  get waiting(): number {
    return this.#ring.reduce((sum, { queue, head }) => sum + queue.length - head, 0);
  }

  /** Jobs with the same `session` wait for each other. */
  submit(job: Job, session: object = this): void {
    const now = performance.now();
    const own = this.#sessions.get(session) ?? { queue: [], head: 0 };
    this.#sessions.set(session, own);
    own.queue.push({ job, arrivedAt: now, left: undefined });
    if (own.queue.length - own.head > 1) return;
    this.#ring.push(own);
    if (this.#paused) return;
    if (this.#ring.length === 2) this.#interrupt(now);
    if (!this.#timer) this.#wakeSoon();
  }

  /** Stands still: nothing is executed until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#sleep();
  }

  resume(): void {
    this.#paused = false;
    this.#busyUntil = Math.max(this.#busyUntil, performance.now());
    this.#turnFrom = undefined;
    if (this.#ring.length > 0) this.#wakeSoon();
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#ring = [];
    this.#sessions = new WeakMap();
    this.#used = 0;
    this.#busyUntil = 0;
    this.#turnFrom = undefined;
    this.#sleep();
  }

  /** Whoever had the processor alone shares it from now on; what it had counts. */
  #interrupt(now: number): void {
    const [session] = this.#ring;
    const running = session?.queue[session.head];
    if (this.#turnFrom === undefined || running?.left === undefined) return;
    const had = Math.min(running.left, Math.max(0, now - this.#turnFrom));
    running.left -= had;
    this.#busyUntil = this.#turnFrom + had;
    this.#turnFrom = undefined;
    this.#used = SLICE_MS;
    this.#sleep();
  }

  #turn(): void {
    const started = performance.now();
    let now = started;
    for (;;) {
      if (this.#used >= SLICE_MS) this.#giveTurn();
      const [session] = this.#ring;
      const waiting = session?.queue[session.head];
      if (!session || !waiting || this.#paused) return;
      this.#turnFrom ??= Math.max(this.#busyUntil, waiting.arrivedAt);
      waiting.left ??= waiting.job.cost();
      const slice = this.#ring.length > 1 ? Math.min(waiting.left, SLICE_MS - this.#used) : waiting.left;
      const until = this.#turnFrom + slice;
      if (until > now) {
        this.#wakeAt(until - now);
        return;
      }
      waiting.left -= slice;
      this.#used += slice;
      this.#busyUntil = until;
      this.#turnFrom = undefined;
      if (waiting.left > 0) continue;
      this.#takeHead(session);
      waiting.job.run();
      now = performance.now();
      if (now - started > TURN_MS && this.#ring.length > 0) {
        this.#wakeSoon();
        return;
      }
    }
  }

  /** The next session has its turn. */
  #giveTurn(): void {
    this.#used = 0;
    const [first, ...others] = this.#ring;
    if (first && others.length > 0) this.#ring = [...others, first];
  }

  #takeHead(session: Session): void {
    session.head += 1;
    if (session.head === session.queue.length) {
      session.queue = [];
      session.head = 0;
      this.#ring.shift();
      this.#used = 0;
    } else if (session.head >= 1024 && session.head * 2 >= session.queue.length) {
      session.queue = session.queue.slice(session.head);
      session.head = 0;
    }
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
