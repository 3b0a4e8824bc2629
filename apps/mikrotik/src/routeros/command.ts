import { trapError } from './errors.ts';
import type { CommandKind, Link, Listener, Reply } from './link.ts';
import type { Sentence } from './sentence.ts';

/**
 * Sends one command and waits for its end. Rows are read while they arrive. A trap is part of the reply, not an error.
 * Rejects with TransientError when the connection is lost, or with the signal's reason.
 */
export function command(
  link: Link,
  words: readonly string[],
  signal: AbortSignal,
  row?: (sentence: Sentence) => void,
  kind: CommandKind = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const listener: Listener = {
      ...(row && { row }),
      done(reply) {
        signal.removeEventListener('abort', onAbort);
        resolve(reply);
      },
      failed(error) {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    };
    link.send(words, listener, kind);
  });
}

/** The same for reading: a trap is an error, AuthError when the policy `read` is missing. Resolves to the rows. */
export async function read<T>(
  link: Link,
  words: readonly string[],
  signal: AbortSignal,
  row: (sentence: Sentence) => T,
): Promise<T[]> {
  const rows: T[] = [];
  const { trap } = await command(link, words, signal, (sentence) => {
    rows.push(row(sentence));
  });
  if (trap !== undefined) throw trapError(trap, words[0] ?? '', 'read');
  return rows;
}
