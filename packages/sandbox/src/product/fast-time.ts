// Loaded with `node --import` in front of a connector under test: in its process time runs SANDBOX_TIME_SPEED times as
// fast, timers and both clocks alike, so that the product's own intervals, time limits and backoffs count as they are.
// The product is not changed. Its parent may tell it to set the wall clock, to skip a long wait, or to run out of memory.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import timersPromises from 'node:timers/promises';
import type { TimeCommand } from './time-command.ts';

const speed = Number(process.env['SANDBOX_TIME_SPEED'] ?? 1);
const realNow = performance.now.bind(performance);
const realSetTimeout = setTimeout;
const realSetInterval = setInterval;
const realDate = Date;
const realAbortTimeout = AbortSignal.timeout.bind(AbortSignal);
const start = realNow();
const epoch = Date.now();
/** Milliseconds that a `skip` went over, and by which the wall clock was set. */
let skipped = 0;
let wallOffset = 0;
/** Looks again whether its time has come. */
const sleepers = new Set<() => void>();

function now(): number {
  return start + (realNow() - start) * speed + skipped;
}

function wall(): number {
  return Math.floor(epoch + now() - start + wallOffset);
}

class FastDate extends realDate {
  constructor(...args: [] | [number | string | Date]) {
    super(args.length === 0 ? wall() : args[0]);
  }

  static override now(): number {
    return wall();
  }
}

/** `timers/promises`: what the product's clock sleeps by, and the only thing that a skip cuts short. */
function sleep<T>(ms = 0, value?: T, { signal }: { readonly signal?: AbortSignal } = {}): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const until = now() + ms;
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(timer);
      sleepers.delete(look);
      signal?.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      end();
      reject(new DOMException('The operation was aborted', 'AbortError'));
    };
    const look = (): void => {
      clearTimeout(timer);
      const left = until - now();
      if (left > 0) {
        timer = realSetTimeout(look, left / speed);
        return;
      }
      end();
      resolve(value);
    };
    if (signal?.aborted) {
      abort();
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });
    sleepers.add(look);
    look();
  });
}

function obey({ setWall = 0, skip = 0, runOutOfMemory }: TimeCommand): void {
  wallOffset += setWall;
  skipped += skip;
  for (const look of [...sleepers]) look();
  if (!runOutOfMemory) return;
  const hoard: number[][] = [];
  for (;;) hoard.push(new Array<number>(10_000).fill(hoard.length + 0.5));
}

Object.defineProperty(performance, 'now', { value: now });
Object.assign(globalThis, {
  Date: FastDate,
  setTimeout: (work: () => void, ms = 0, ...args: []) => realSetTimeout(work, ms / speed, ...args),
  setInterval: (work: () => void, ms = 0, ...args: []) => realSetInterval(work, ms / speed, ...args),
});
Object.defineProperty(AbortSignal, 'timeout', { value: (ms: number) => realAbortTimeout(Math.ceil(ms / speed)) });
Object.assign(timersPromises, { setTimeout: sleep });

// These two count in C++ or in Node's own timers.
const execFile = childProcess.execFile as (file: string, args: string[], options: object, done: () => void) => unknown;
Object.assign(childProcess, {
  execFile: (file: string, args: string[], options: { timeout?: number }, done: () => void) =>
    execFile(file, args, { ...options, timeout: Math.ceil((options.timeout ?? 0) / speed) }, done),
});
const socketTimeout = Reflect.get(net.Socket.prototype, 'setTimeout');
Object.assign(net.Socket.prototype, {
  setTimeout(this: net.Socket, ms: number, done?: () => void) {
    return socketTimeout.call(this, Math.ceil(ms / speed), done);
  },
});
syncBuiltinESMExports();

process.on('message', (command: TimeCommand) => {
  process.send?.('done');
  obey(command);
});
// A connector whose test is gone must not live on; and the channel must not keep alive one that is done.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
