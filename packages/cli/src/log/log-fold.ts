import type { Clock } from '@bouncer/stream';
import type { LogFields, Logger } from '@bouncer/target';

/** The same failure is printed again after so long, with the number of times it came. */
const quietMs = 10 * 60_000;
/** More different failures than this at once, and the oldest is forgotten: memory stays bounded. */
const maxKeys = 200;

interface Repeat {
  readonly printedAt: number;
  folded: number;
}

/**
 * Prints the first of equal warnings and errors, then at most one in ten minutes with `repeated` beside it. An info line
 * with `failures` (how many tries it took) says that a failure is over: the next one of that target, or of none, is news.
 */
export function foldRepeats(logger: Logger, clock: Clock): Logger {
  const seen = new Map<string, Repeat>();
  return folding(logger, '');

  function folding(inner: Logger, scope: string): Logger {
    return {
      debug: (fields, message) => {
        inner.debug(fields, message);
      },
      info: (fields, message) => {
        if ('failures' in fields) forget(scope, fields['target']);
        inner.info(fields, message);
      },
      warn: (fields, message) => {
        once(scope, fields, message, (all) => {
          inner.warn(all, message);
        });
      },
      error: (fields, message) => {
        once(scope, fields, message, (all) => {
          inner.error(all, message);
        });
      },
      child: (fields) => folding(inner.child(fields), `${scope}\n${identity(fields)}`),
    };
  }

  /** What failed works again: should it fail once more, that is news. */
  function forget(scope: string, target: unknown): void {
    const own = typeof target === 'string' ? `\ntarget=${target}\n` : undefined;
    for (const key of seen.keys()) {
      const isOwn = own === undefined ? !key.includes('\ntarget=') : `${key}\n`.includes(own);
      if (key.startsWith(`${scope}\n`) && isOwn) seen.delete(key);
    }
  }

  function once(scope: string, fields: LogFields, message: string, print: (fields: LogFields) => void): void {
    const key = `${scope}\n${message}\n${identity(fields)}`;
    const repeat = seen.get(key);
    if (repeat && clock.now() - repeat.printedAt < quietMs) {
      repeat.folded += 1;
      return;
    }
    seen.delete(key);
    seen.set(key, { printedAt: clock.now(), folded: 0 });
    const [oldest] = seen.keys();
    if (seen.size > maxKeys && oldest !== undefined) seen.delete(oldest);
    print(repeat && repeat.folded > 0 ? { ...fields, repeated: repeat.folded } : fields);
  }
}

/** What makes two lines the same: their texts. Numbers (attempts, seconds) differ each time and do not count. */
function identity(fields: LogFields): string {
  const texts: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === 'string') texts.push(`${key}=${value}`);
    else if (value instanceof Error) texts.push(`${key}=${value.message}`);
  }
  return texts.join('\n');
}
