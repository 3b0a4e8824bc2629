import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { TransientError } from '@bouncer/stream';
import { failureOf, missing } from './program-error.ts';

/** A program that hangs longer than this, in milliseconds, is ended. Loading a million addresses takes five seconds. */
const TIMEOUT_MS = 50_000;
/** Of what a program complains about, no more than this is kept. */
const COMPLAINT = 4000;

/** What is said when the program has closed its input. */
const CLOSED = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

/** One run of a firewall program. No shell is involved: arguments and input reach it as they are. */
export interface Run {
  readonly program: string;
  readonly args: readonly string[];
  /** Text for its standard input, in pieces, made while it is read. */
  readonly input?: Iterable<string> | AsyncIterable<string>;
  /** Takes its output line by line; then nothing of it is kept. */
  readonly onLine?: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs a program and gives what it printed. @throws AuthError, ConfigError or TransientError with a hint, or the signal's reason. */
export type RunProgram = (run: Run) => Promise<string>;

/**
 * How programs are run; `prefix` goes in front of each (`ip netns exec NAME` in tests). Programs are looked for in the
 * PATH and in the usual folders for administrators, which the PATH of a service may lack.
 */
export function programRunner(prefix: readonly string[] = []): RunProgram {
  return async ({ program, args, input, onLine, signal }) => {
    signal.throwIfAborted();
    const [command = program, ...rest] = [...prefix, program, ...args];
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const child = spawn(command, rest, {
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, limit]),
      killSignal: 'SIGKILL',
    });
    const output = new Output(onLine);
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output.add(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, COMPLAINT);
    });
    const fed = pipeline(Readable.from(input ?? []), child.stdin).then(
      () => undefined,
      // A program that refuses early closes its input; what it said counts, not the broken pipe.
      (error: unknown) => (CLOSED.has((error as NodeJS.ErrnoException).code ?? '') ? undefined : (error as Error)),
    );
    try {
      const [code] = (await once(child, 'close')) as [number | null];
      const slip = await fed;
      if (slip) throw slip;
      if (code === 0) return output.end();
      throw failureOf(program, code, complaint);
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted) throw new TransientError(`${program} did not end within ${TIMEOUT_MS / 1000} s`);
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? missing(program) : error;
    }
  };
}

/** What a program prints: whole, or line by line. */
class Output {
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
  }

  add(chunk: Buffer): void {
    this.#text += this.#decoder.write(chunk);
    if (!this.#onLine) return;
    const lines = this.#text.split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }

  end(): string {
    this.#text += this.#decoder.end();
    if (!this.#onLine) return this.#text;
    if (this.#text !== '') this.#onLine(this.#text);
    return '';
  }
}
