/** The time limit of a request was reached. */
export class DeadlinePassed extends Error {
  constructor(milliseconds: number) {
    super(`no complete answer within ${milliseconds / 1000} s`);
  }
}

/** A signal that is aborted when another is, or after a time. Real time: sockets know no other. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  // By hand, not AbortSignal.any: nothing may pile up on a signal that lives as long as the process.
  readonly #abort = () => {
    this.#controller.abort(this.#outer.reason);
  };

  constructor(milliseconds: number, outer: AbortSignal) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new DeadlinePassed(milliseconds));
    }, milliseconds);
    outer.addEventListener('abort', this.#abort, { once: true });
    if (outer.aborted) this.#abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What really ended the work: an abort shows up as all kinds of errors in sockets and streams. */
  causeOf(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#abort);
  }
}
