/** What was put up, taken down again in reverse order: also what was just being put up when the end came. */
export class Kept implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  #making: Promise<unknown> = Promise.resolve();
  #isOver = false;

  /** Makes it and keeps it. Rejects once the end has come. */
  keep<T extends AsyncDisposable>(make: () => Promise<T>): Promise<T> {
    if (this.#isOver) return Promise.reject(new Error('stopped'));
    const making = make().then((made) => {
      this.#stack.use(made);
      if (this.#isOver) throw new Error('stopped');
      return made;
    });
    this.#making = making.catch(() => undefined);
    return making;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#making;
    await this.#stack.disposeAsync();
  }
}
