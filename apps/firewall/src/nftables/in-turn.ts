import { setImmediate } from 'node:timers/promises';

/**
 * Does the same with many items, one after the other, and prepares the next while one is done: `act` may begin at once,
 * but has to wait for `turn` before it changes anything. `done` is told each item in order, once its `act` has
 * resolved. Ends with the first failure; then no later item acts, since its turn fails as well.
 */
export async function inTurn<T>(
  items: Iterable<T>,
  act: (item: T, turn: Promise<unknown>) => Promise<unknown>,
  done: (item: T) => void,
): Promise<void> {
  let turn: Promise<unknown> = Promise.resolve();
  let finish = (): Promise<void> => Promise.resolve();
  for (const item of items) {
    const acted = act(item, turn);
    // Whoever is next hears of a failure, and so does the end.
    acted.catch(() => undefined);
    try {
      await finish();
    } catch (error) {
      await acted.catch(() => undefined);
      throw error;
    }
    turn = acted;
    finish = async () => {
      await acted;
      // The next one, which has waited for this, acts before we go on to compute.
      await setImmediate();
      done(item);
    };
  }
  await finish();
}
