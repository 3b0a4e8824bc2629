/** Lets one work at a time have its way, in the order of asking. */
type TakeTurn = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** A queue of works; who is aborted while waiting is out of it, and costs the others nothing. */
export function turns(): TakeTurn {
  let last: Promise<void> = Promise.resolve();
  return async (work, signal) => {
    let done = (): void => undefined;
    const mine = new Promise<void>((resolve) => (done = resolve));
    const before = last;
    last = before.then(() => mine);
    try {
      await before;
      signal.throwIfAborted();
      return await work();
    } finally {
      done();
    }
  };
}
