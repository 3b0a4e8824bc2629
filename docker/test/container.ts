import { readFile } from 'node:fs/promises';
import { until } from '@bouncer/sandbox';
import type { Engine } from './engine/engine.ts';

interface State {
  readonly Pid: number;
  readonly Running: boolean;
  readonly OOMKilled: boolean;
  readonly ExitCode: number;
  readonly Health?: { readonly Status: string };
}
interface Inspection {
  readonly State: State;
  readonly RestartCount: number;
}

/** A container that was started in the background; removed at the end. */
export class Container implements AsyncDisposable {
  readonly #engine: Engine;
  readonly id: string;

  constructor(engine: Engine, id: string) {
    this.#engine = engine;
    this.id = id;
  }

  /** `docker run -d` with these arguments. */
  static async start(engine: Engine, args: readonly string[]): Promise<Container> {
    return new Container(engine, await engine.docker(['run', '-d', ...args]));
  }

  async inspect(): Promise<Inspection> {
    const [first] = JSON.parse(await this.#engine.docker(['inspect', this.id])) as Inspection[];
    if (!first) throw new Error(`no container ${this.id}`);
    return first;
  }

  async logs(): Promise<string> {
    const { stdout, stderr } = await this.#engine.try(['logs', this.id]);
    return stdout + stderr;
  }

  /** `docker stop`, which sends SIGKILL after 10 s; the exit code. */
  async stop(): Promise<number> {
    await this.#engine.docker(['stop', '--time', '10', this.id]);
    return (await this.inspect()).State.ExitCode;
  }

  /** A file of /proc of the connector's process, as the machine outside sees it. */
  async proc(file: string): Promise<string> {
    const { State } = await this.inspect();
    return readFile(`/proc/${State.Pid}/${file}`, 'utf8');
  }

  /** A line of /proc/PID/status. */
  async status(field: string): Promise<string> {
    return new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(await this.proc('status'))?.[1] ?? '';
  }

  /** Resident memory in MB: `VmRSS` now, `VmHWM` at its peak. */
  async megabytes(field: 'VmRSS' | 'VmHWM'): Promise<number> {
    return Number((await this.status(field)).split(' ')[0]) / 1024;
  }

  /** Waits, and gives the container's own words when it takes too long. */
  async until(what: string, holds: () => boolean | Promise<boolean>, seconds = 250): Promise<void> {
    try {
      await until(what, holds, seconds);
    } catch (error) {
      throw new Error(`not reached: ${what}; the container said:\n${(await this.logs()).slice(-3000)}`, {
        cause: error,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.try(['rm', '--force', '--volumes', this.id]);
  }
}
