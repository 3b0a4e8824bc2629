import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';

/** Of what a program complains about, no more than this is kept. Characters. */
const MAX_COMPLAINT = 65_536;

/** What is said when the program has closed its input. */
const CLOSED = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

/** One run of a program. No shell is involved: arguments and input reach it as they are. */
export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  /** Text for its standard input, in pieces, made while it is read. */
  readonly input?: Iterable<string> | AsyncIterable<string> | undefined;
  /** Takes its output line by line; then nothing of it is kept. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** By default that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Null when it was killed. */
  readonly code: number | null;
  /** It was killed because its time was up. */
  readonly isLate: boolean;
  readonly output: string;
  /** What it wrote to its standard error. */
  readonly complaint: string;
}

/** Runs a program to its end. Rejects when it cannot be started (`code` ENOENT), with what `input` throws, or with the signal's reason. */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const { program, args, input = [], onLine, env = process.env, timeoutMs, signal } = run;
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(timeoutMs);
  const child = spawn(program, args, { env, signal: AbortSignal.any([signal, limit]), killSignal: 'SIGKILL' });
  const output = new Output(onLine);
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output.add(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(0, MAX_COMPLAINT);
  });
  const fed = pipeline(Readable.from(input), child.stdin).then(
    () => undefined,
    // A program that refuses early closes its input; what it said counts, not the broken pipe.
    (error: unknown) => (CLOSED.has((error as NodeJS.ErrnoException).code ?? '') ? undefined : (error as Error)),
  );
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    const failure = await fed;
    if (failure) throw failure;
    return { code, isLate: false, output: output.end(), complaint };
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted) throw error;
    return { code: null, isLate: true, output: output.end(), complaint };
  }
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
