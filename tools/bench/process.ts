import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
/** Clock ticks of /proc/PID/stat in a second, on every Linux there is. */
const TICKS = 100;

/** A connector that runs as its users run it: the bundle, by the Node that ships, configured by its environment. */
export class Connector implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly ended: Promise<number>;
  output = '';

  constructor(app: string, command: string, env: Readonly<Record<string, string>>) {
    const bundle = path.join(root, 'apps', app, 'dist/main.cjs');
    this.#child = spawn(process.execPath, [...nodeFlags(), bundle, command], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (text: Buffer): void => {
      this.output = (this.output + text.toString()).slice(-20_000);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        resolve(code ?? -1);
      });
    });
  }

  /** Peak and present resident memory in MB. */
  async memory(): Promise<{ peak: number; now: number }> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    const megabytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
    return { peak: megabytes('VmHWM'), now: megabytes('VmRSS') };
  }

  /** Seconds of CPU used so far, user and system. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.#child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** Of the process; 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }
}

/** Flags of the image's entrypoint, when NODE_FLAGS asks for them: `NODE_FLAGS="--max-semi-space-size=1"`. */
function nodeFlags(): string[] {
  return (process.env['NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
}

/** Asks until it holds; gives up after `seconds`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 120): Promise<number> {
  const start = performance.now();
  while (!(await holds())) {
    if (performance.now() - start > seconds * 1000) throw new Error(`not reached in ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return (performance.now() - start) / 1000;
}
