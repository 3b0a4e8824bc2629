import { systemClock } from '@bouncer/stream';
import type { Clock } from '@bouncer/stream';
import { pino } from 'pino';
import type { Logger, LogFields } from '@bouncer/target';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import type { Redactor } from '../settings/redactor.ts';
import { foldRepeats } from './log-fold.ts';
import { prettyLine } from './log-pretty.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where lines go: a stream of the process, or a list in a test. */
export interface LineSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Default: pretty on a terminal, else json. */
  readonly format?: 'json' | 'pretty' | undefined;
  readonly sink: LineSink;
  readonly redactor: Redactor;
  readonly clock?: Clock;
}

/** The logger of a process. JSON lines have `level` as a word and `time` in ISO 8601. */
export function createLogger({ level, format, sink, redactor, clock = systemClock }: LogOptions): Logger {
  const pretty = (format ?? (sink.isTTY === true ? 'pretty' : 'json')) === 'pretty';
  const colour = pretty && sink.isTTY === true;
  const stream: DestinationStream = {
    write: (line: string) => void sink.write(pretty ? prettyLine(line, colour) : line),
  };
  const base = pino(
    {
      level,
      // Process id and host name say nothing in a container.
      base: null,
      timestamp: () => `,"time":"${new Date(clock.wall()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const logger = wrap(base, redactor);
  return level === 'debug' ? logger : foldRepeats(logger, clock);
}

function wrap(base: PinoLogger, redactor: Redactor): Logger {
  const hide = (fields: LogFields): LogFields => clean(fields, redactor, 0) as LogFields;
  return {
    debug: (fields, message) => {
      if (base.isLevelEnabled('debug')) base.debug(hide(fields), redactor.hide(message));
    },
    info: (fields, message) => {
      base.info(hide(fields), redactor.hide(message));
    },
    warn: (fields, message) => {
      base.warn(hide(fields), redactor.hide(message));
    },
    error: (fields, message) => {
      base.error(hide(fields), redactor.hide(message));
    },
    child: (fields) => wrap(base.child(hide(fields)), redactor),
  };
}

const maxDepth = 6;

/** A copy with every known secret hidden, errors reduced to message and hint (a stack is no use to a user), cycles cut. */
function clean(value: unknown, redactor: Redactor, depth: number): unknown {
  if (typeof value === 'string') return redactor.hide(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  if (depth >= maxDepth) return '...';
  if (value instanceof Error) {
    const hint = (value as { hint?: unknown }).hint;
    return redactor.hide(typeof hint === 'string' && hint !== '' ? `${value.message} (${hint})` : value.message);
  }
  if (Array.isArray(value)) return value.map((item) => clean(item, redactor, depth + 1));
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return clean((value as { toJSON(): unknown }).toJSON(), redactor, depth + 1);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(item, redactor, depth + 1)]));
}
