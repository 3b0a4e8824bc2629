import { chmod, cp, mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import type { Engine } from '../engine/engine.ts';
import { must } from '../engine/run.ts';
import type { Ended } from '../engine/run.ts';
import { isThere } from '../engine/unpacked.ts';

const root = path.resolve(import.meta.dirname, '../../..');

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What the connector's page says of itself. */
interface PageStatus {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly targets: readonly { readonly name: string; readonly state: string; readonly held: number }[];
}

/**
 * Somebody at a shell of a machine with Docker, in a clone of this repository, who pastes what a page says as it is
 * printed. The machine is the test's engine: its mounts and its network are nobody else's, so `/etc/nginx` and its like
 * are folders of the test there. `sudo` does what it is told, since one is root already; `docker compose` is compose.ts.
 */
export class Desk implements AsyncDisposable {
  readonly #engine: Engine;
  /** The clone, as far as a page needs it; where the shell is. */
  readonly home: string;
  /** What the reader has put in place of a page's examples. */
  readonly #values: Readonly<Record<string, string>>;
  readonly #mounts: string[] = [];
  readonly #made: string[] = [];

  private constructor(engine: Engine, home: string, values: Readonly<Record<string, string>>) {
    this.#engine = engine;
    this.home = home;
    this.#values = values;
  }

  /**
   * `values`: what is put in place of examples of the page, such as addresses; a block need not have them all.
   * `places`: folders of the machine to be the test's own, such as `/etc/nginx`; they are empty but for what they come from.
   */
  static async open(
    engine: Engine,
    values: Readonly<Record<string, string>>,
    places: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Desk> {
    const home = await mkdtemp(path.join(os.tmpdir(), 'bouncer-desk-'));
    // Users of images must come through.
    await chmod(home, 0o755);
    const desk = new Desk(engine, home, values);
    try {
      for (const folder of ['docker/compose', 'docker/grafana'])
        await cp(path.join(root, folder), path.join(home, folder), { recursive: true });
      await desk.program('sudo', 'exec "$@"');
      const plugin = path.join(engine.config, 'cli-plugins/docker-compose');
      await program(plugin, `exec ${process.execPath} ${path.join(import.meta.dirname, 'compose.ts')} "$@"`);
      for (const [place, from] of Object.entries(places)) await desk.#own(place, from);
      return desk;
    } catch (error) {
      await desk[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where a folder of the machine is for the test, such as that of `/etc/nginx`. */
  at(place: string): string {
    return path.join(this.home, '.places', place);
  }

  /** Pastes a block, whatever comes of it. */
  async try(code: string): Promise<Ended> {
    let text = code;
    for (const [example, value] of Object.entries(this.#values)) text = text.replaceAll(example, value);
    return this.#engine.onHost('bash', ['-e', '-o', 'pipefail', '-c', text], {
      cwd: this.home,
      env: { PATH: path.join(this.home, '.bin') },
    });
  }

  /** Pastes a block, which has to succeed; what it printed. */
  async paste(code: string): Promise<string> {
    const { code: exit, stdout, stderr } = await this.try(code);
    if (exit !== 0) throw new Error(`exit ${exit}: ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** What an address answers to this machine; undefined while nothing does. */
  async ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer | undefined> {
    const program = `const answer = await fetch(process.argv[1], { headers: JSON.parse(process.argv[2]) });
      process.stdout.write(JSON.stringify({ status: answer.status, body: await answer.text() }))`;
    const args = ['--input-type=module', '-e', program, url, JSON.stringify(headers)];
    const { code, stdout } = await this.#engine.onHost(process.execPath, args);
    return code === 0 ? (JSON.parse(stdout) as Answer) : undefined;
  }

  /** What forward-auth in a container says of a client: 403 for who is banned, 0 while nothing answers. */
  async forwardAuth(container: string, client: string): Promise<number> {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    const address = await this.#engine.docker(['inspect', '--format', format, container]);
    const answer = await this.ask(`http://${address}:9461/v1/forward-auth`, { 'x-forwarded-for': client });
    return answer?.status ?? 0;
  }

  /** What the page at that port of this machine's loopback says; undefined while nothing answers. */
  async page(port = 9460): Promise<PageStatus | undefined> {
    const answer = await this.ask(`http://127.0.0.1:${port}/status.json`);
    return answer && (JSON.parse(answer.body) as PageStatus);
  }

  /** Puts a program into the path, before all others. */
  program(name: string, line: string): Promise<void> {
    return program(path.join(this.home, '.bin', name), line);
  }

  /** Waits for something, and gives the words of all containers when it takes too long. */
  async until(what: string, holds: () => boolean | Promise<boolean>, seconds = 250): Promise<void> {
    try {
      await until(what, holds, seconds);
    } catch (error) {
      throw new Error(`not reached: ${what}; ${await this.#logs()}`, { cause: error });
    }
  }

  /** Waits until the page gives this verdict. */
  async verdict(wanted: string, port = 9460): Promise<void> {
    let seen: PageStatus | undefined;
    try {
      await this.until(`the page says ${wanted}`, async () => (seen = await this.page(port))?.verdict === wanted);
    } catch (error) {
      throw new Error(`the page says ${JSON.stringify(seen)}`, { cause: error });
    }
  }

  /** Takes away all containers, networks and volumes. */
  async clear(): Promise<void> {
    for (const [list, remove] of [
      ['ps --all --quiet', 'rm --force --volumes'],
      ['network ls --quiet --filter type=custom', 'network rm'],
      ['volume ls --quiet', 'volume rm'],
    ]) {
      const names = await this.#engine.docker((list ?? '').split(' '));
      if (names !== '') await this.#engine.docker([...(remove ?? '').split(' '), ...names.split('\n')]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
    for (const place of this.#mounts.reverse()) await this.#engine.onHost('umount', ['--lazy', place]);
    for (const place of this.#made.reverse()) await rmdir(place);
    await rm(this.home, { recursive: true });
  }

  async #own(place: string, from: string | undefined): Promise<void> {
    const folder = this.at(place);
    await mkdir(folder, { recursive: true });
    if (from !== undefined) await cp(from, folder, { recursive: true, verbatimSymlinks: true });
    // Something to mount over; taken away at the end.
    if (!(await isThere(place))) {
      await mkdir(place);
      this.#made.push(place);
    }
    const { code, stderr } = await this.#engine.onHost('mount', ['--bind', folder, place]);
    if (code !== 0) throw new Error(stderr);
    this.#mounts.push(place);
  }

  async #logs(): Promise<string> {
    const names = await this.#engine.docker(['ps', '--all', '--format', '{{.Names}}']);
    const all = names.split('\n').map(async (name) => {
      const { stdout, stderr } = await this.#engine.try(['logs', '--tail', '30', name]);
      return `${name} said:\n${stdout}${stderr}`;
    });
    return (await Promise.all(all)).join('\n');
  }
}

async function program(file: string, line: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${line}\n`);
  await must('chmod', ['755', file]);
}
