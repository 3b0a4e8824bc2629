import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { mainFile, startedAs } from './started-as.ts';
import type { TimeCommand } from './time-command.ts';

const fastTime = pathToFileURL(path.join(import.meta.dirname, 'fast-time.ts')).href;
/** Clock ticks of /proc/PID/stat in a second, on every Linux there is. */
const ticks = 100;
/** How much of the output is kept, in characters. */
const outputKept = 50_000;

/** How a connector is started. */
export interface ConnectorProcessOptions {
  /** Folder under apps/; with INSIDE=bouncer the kind is started as a target of crowdsec-bouncer instead. */
  readonly app: string;
  /** Command and flags, such as `['check', '--json']`; default `['run']`. */
  readonly args?: readonly string[];
  /** All of its environment but PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** `source` (default) runs src/main.ts, `bundle` runs dist/main.cjs, which must have been built; else a path. */
  readonly file?: 'source' | 'bundle' | (string & {});
  /** Flags for Node itself. */
  readonly nodeFlags?: readonly string[];
  /** A program that becomes the connector, in front of its command: `ip netns exec NAME`. */
  readonly launcher?: readonly string[];
  /** Its time runs so many times as fast, and it can be told a TimeCommand. Default: real time. */
  readonly speed?: number;
}

/** A connector that runs as its users run it: a process of its own, configured by its environment. */
export class ConnectorProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Resolves with the exit code; -1 after a signal. */
  readonly ended: Promise<number>;
  stdout = '';
  stderr = '';

  constructor(options: ConnectorProcessOptions) {
    const { app, args = ['run'], env, file = 'source', nodeFlags = [], launcher = [], speed } = options;
    const flags = speed === undefined ? nodeFlags : ['--import', fastTime, ...nodeFlags];
    const product = startedAs(app);
    const script = mainFile(product.program, file);
    const [program, ...rest] = [...launcher, process.execPath, ...flags, script, ...args];
    const time = speed === undefined ? {} : { SANDBOX_TIME_SPEED: String(speed) };
    this.#child = spawn(program ?? process.execPath, rest, {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...time, ...product.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(speed === undefined ? [] : ['ipc' as const])],
    });
    this.#child.stdout?.on('data', (text: Buffer) => {
      this.stdout = (this.stdout + text.toString()).slice(-outputKept);
    });
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.stderr = (this.stderr + text.toString()).slice(-outputKept);
    });
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        resolve(code ?? -1);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Peak and present resident memory in MB. */
  async memory(): Promise<{ readonly peak: number; readonly now: number }> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    const megabytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
    return { peak: megabytes('VmHWM'), now: megabytes('VmRSS') };
  }

  /** Seconds of CPU used so far, user and system. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  }

  /** Tells it about its time; resolves once it has heard. Only with `speed`. */
  async tell(command: TimeCommand): Promise<void> {
    const heard = once(this.#child, 'message');
    this.#child.send(command);
    await Promise.race([heard, this.ended]);
  }

  /** Sends a signal and gives the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.#child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}

/** Runs one command to its end. */
export async function runConnectorCommand(
  options: ConnectorProcessOptions,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const connector = new ConnectorProcess(options);
  const code = await connector.ended;
  return { code, stdout: connector.stdout, stderr: connector.stderr };
}
