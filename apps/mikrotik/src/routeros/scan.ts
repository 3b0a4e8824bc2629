import type { Clock } from '@bouncer/stream';
import { command } from './command.ts';
import type { Link, Reply } from './link.ts';
import type { Sentence } from './sentence.ts';

/** After so long without a word we ask in another way whether the router lives. Milliseconds. */
const QUIET_MS = 10_000;

/** Asks the router something small by another connection; rejects when no answer came. */
export type LifeSign = (signal: AbortSignal) => Promise<unknown>;

/**
 * Sends a command that looks through a whole menu. The router says nothing until it is through, which takes half a minute
 * and more where the menu is large: meanwhile `life` tells such a router from one that hangs.
 */
export async function scan(
  link: Link,
  words: readonly string[],
  life: LifeSign,
  clock: Clock,
  signal: AbortSignal,
  row?: (sentence: Sentence) => void,
): Promise<Reply> {
  const over = new AbortController();
  void keepAsking(link, life, clock, over.signal);
  try {
    return await command(link, words, signal, row, { isScan: true });
  } finally {
    over.abort();
  }
}

/** Never rejects: without an answer the link's own deadline decides. */
async function keepAsking(link: Link, life: LifeSign, clock: Clock, over: AbortSignal): Promise<void> {
  const isOver = (): boolean => over.aborted;
  for (;;) {
    await clock.sleep(QUIET_MS, over).catch(() => undefined);
    if (isOver()) return;
    try {
      await life(over);
      link.lives();
    } catch {
      // It may answer the next time.
    }
  }
}
