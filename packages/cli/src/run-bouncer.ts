import { askHealth, quickListen } from './doctor/healthcheck.ts';
import type { Kind } from '@bouncer/target';
import type { Program } from './runtime/program.ts';
import { becomeLean, forgetFetch } from './lean-process.ts';
import type { ProcessOptions } from './lean-process.ts';

export type { Program };

// Everything heavy is imported where it is needed: the health check of the image must not load a whole connector.

/** A connector or a program of several, or how to load it. Only when it is loaded late does `healthcheck` stay light. */
export type KindSource = Kind | Program | (() => Promise<Kind | Program>);

/** What the main file knows before the connector is loaded. */
export interface ConnectorOptions extends ProcessOptions {
  /** The connector's own type. Without it `healthcheck` loads the connector to learn it. */
  readonly type?: string;
}

/** The whole of a connector's main file: runs the command line and ends the process with its exit code. */
export async function runBouncer(source: KindSource, options: ConnectorOptions = {}): Promise<void> {
  const { env } = process;
  const args = process.argv.slice(2);
  const listen = quickListen(args, env);
  if (listen !== undefined && (options.type !== undefined || listen === 'off')) {
    const { ok, line } = await askHealth(listen, options.type ?? '');
    (ok ? process.stdout : process.stderr).write(`${line}\n`);
    process.exit(ok ? 0 : 1);
  }

  becomeLean(options);
  forgetFetch();
  const stop = new AbortController();
  let redact = (text: string): string => text;
  let take: (error: unknown) => boolean = () => false;
  const dieOf = (error: unknown): void => {
    // That of one target among several is its own: it begins anew, and the others go on.
    if (take(error)) return;
    // One line: a stack would tell a user nothing, and might hold what nobody checked. The device keeps its list.
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`fatal: ${redact(message).replaceAll(/\s+/g, ' ')}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', dieOf).on('unhandledRejection', dieOf);
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);

  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(0);
    stop.abort(new Error('told to stop'));
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  // Secrets in files are read again after a refusal, so there is nothing to reload; without a handler it would kill us.
  process.on('SIGHUP', () => undefined);

  const { systemClock } = await import('@bouncer/stream');
  const { runCommandLine } = await import('./commands/command-line.ts');
  const connector = typeof source === 'function' ? await source() : source;
  if (options.type !== undefined && options.type !== connector.type) throw new Error(`this is no ${options.type}`);
  const io = {
    stdout: process.stdout,
    stderr: process.stderr,
    env,
    clock: systemClock,
    signal: stop.signal,
    onSecrets: (hide: (text: string) => string) => {
      redact = hide;
    },
    onStrayErrors: (taker: (error: unknown) => boolean) => {
      take = taker;
    },
  };
  process.exit(await runCommandLine(connector, args, io));
}

/** `plan | head` closes our output early: that is the reader's right, not a failure. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
