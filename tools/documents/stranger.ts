import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ConnectorProcess, runConnectorCommand, startLapi, startRouterOs } from '@bouncer/sandbox';
import type { LapiSandbox, RouterOsSandbox } from '@bouncer/sandbox';
import { parse } from 'yaml';
import { commandsOf, dockerRun, wordsOf } from '../../docker/test/blocks.ts';
import { must } from '../../docker/test/engine/run.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface Compose {
  readonly services: Readonly<Record<string, { readonly environment: Readonly<Record<string, string | null>> }>>;
}

/** What a command of a page comes to on this machine. The first pattern that fits the whole command counts. */
type Translation = readonly [pattern: RegExp, act: (...groups: string[]) => unknown];

/**
 * Somebody who has the README's MikroTik connector and pastes a page's commands in their order. There is no Docker: a
 * container is the bundle as a process, an image is nothing, `cscli` speaks to the LAPI stand-in. A command that it has no
 * translation for fails, and so does one that Docker would refuse for a missing variable, container or file.
 */
export class Stranger implements AsyncDisposable {
  readonly #containers = new Map<string, ConnectorProcess>();
  readonly #stopped = new Set<string>();
  readonly #environments = new Map<string, Readonly<Record<string, string | null>>>();
  /** What the shell has by `export`. */
  readonly shell = new Map<string, string>();
  /** What the last command in a container printed. */
  printed = '';
  readonly #table: readonly Translation[] = [
    [
      /export (.*)/,
      (words = '') => {
        this.#export(words);
      },
    ],
    [
      /sudo cscli bouncers add (\S+)/,
      (name = '') => {
        this.lapi.bouncers.add(name, 'abc123');
      },
    ],
    [
      /sudo cscli bouncers delete (\S+)/,
      (name = '') => {
        this.#deleteBouncer(name);
      },
    ],
    [/(printf \S+) \| sudo tee (\S+) > \/dev\/null/, (print, file) => this.#sh(`${print} | tee ${file} > /dev/null`)],
    [/git pull|docker build -f docker\/Dockerfile .* -t crowdsec-mikrotik-bouncer \./, () => undefined],
    [/docker stop (\S+)/, (name = '') => this.#stop(name)],
    [/docker rm --force (\S+)/, (name = '') => this.#stop(name).then(() => this.#remove(name))],
    [/docker rm (\S+)/, (name = '') => this.#remove(name)],
    [/docker image rm crowdsec-mikrotik-bouncer/, () => undefined],
    [/docker exec (\S+) (.*)/, (name = '', words = '') => this.#exec(name, words.split(' '))],
    [/(docker run .*)/, (command = '') => this.#dockerRun(command)],
    [/docker compose -f (\S+) (.*)/, (file = '', verb = '') => this.#compose(file, verb)],
  ];

  readonly home: string;
  readonly lapi: LapiSandbox;
  readonly router: RouterOsSandbox;
  readonly #bundle: string;

  private constructor(home: string, lapi: LapiSandbox, router: RouterOsSandbox) {
    this.home = home;
    this.lapi = lapi;
    this.router = router;
    this.#bundle = path.join(home, 'dist/main.cjs');
  }

  /** With a LAPI that knows the README's bouncer and key, and a router whose user has the README's password. */
  static async arrive(key = 'abc123'): Promise<Stranger> {
    const home = await mkdtemp(path.join(os.tmpdir(), 'stranger-'));
    await must(process.execPath, ['tools/build.ts', 'mikrotik', path.join(home, 'dist')], { cwd: root });
    await cp(path.join(root, 'docker/compose'), path.join(home, 'docker/compose'), { recursive: true });
    const lapi = await startLapi({ keys: { 'my-router': key } });
    const router = await startRouterOs({ serviceTimeMs: 0 });
    router.setPassword('crowdsec', 'printed-by-setup');
    return new Stranger(home, lapi, router);
  }

  /** Carries out what a block says. Throws on a command that it does not know. */
  async paste(code: string): Promise<void> {
    for (const command of commandsOf(code)) {
      const found = this.#table
        .map(([pattern, act]) => [new RegExp(`^(?:${pattern.source})$`).exec(command), act] as const)
        .find(([match]) => match !== null);
      if (!found?.[0]) throw new Error(`the page has a command that this test cannot follow: ${command}`);
      await found[1](...found[0].slice(1));
    }
  }

  /** Starts the connector as the README does with compose; days have gone by since. */
  async startWithCompose(key = 'abc123'): Promise<void> {
    const secrets = path.join(this.home, 'docker/compose/secrets');
    await mkdir(secrets, { recursive: true });
    await writeFile(path.join(secrets, 'bouncer_key_mikrotik'), key);
    await writeFile(path.join(secrets, 'mikrotik_password'), 'printed-by-setup');
    await this.composeUp();
  }

  /** The last line of the README's block for compose, whose variables stand in front of that one command only. */
  async composeUp(): Promise<void> {
    const readme = await readFile(path.join(root, 'README.md'), 'utf8');
    const [, variables = '', up = ''] =
      /^(CROWDSEC_API_URL=.*) (docker compose -f docker\/compose\/mikrotik.yaml up -d)$/m.exec(readme) ?? [];
    await this.paste(`export ${variables}\n${up}`);
    this.shell.clear();
  }

  /** The container of that name; throws when it does not run. */
  container(name: string): ConnectorProcess {
    const found = this.#containers.get(name);
    if (!found) throw new Error(`no such container runs: ${name}`);
    return found;
  }

  /** The machine is no more: all containers end in the midst of their work, and its files are gone. */
  async loseHost(): Promise<void> {
    for (const container of this.#containers.values()) await container.stop('SIGKILL');
    this.#containers.clear();
    this.shell.clear();
    await rm(path.join(this.home, 'docker'), { recursive: true });
  }

  /** Names of containers that Docker would list, running or not. */
  get containers(): string[] {
    return [...this.#containers.keys(), ...this.#stopped];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.#containers.values()) await container.stop('SIGKILL');
    await this.router.close();
    await this.lapi.close();
    await rm(this.home, { recursive: true });
  }

  /** The page's example addresses become the stand-ins' own, which have no certificate. */
  #env(env: Readonly<Record<string, string | null>>): Record<string, string> {
    const here = Object.entries(env).map(([name, value]) => [
      name,
      (value ?? '')
        .replace('https://crowdsec.protected.lan/lapi', this.lapi.url)
        .replace('192.168.88.1', `${this.router.host}:${this.router.port}`)
        .replace('/run/secrets', path.join(this.home, 'docker/compose/secrets')),
    ]);
    return {
      ...(Object.fromEntries(here) as Record<string, string>),
      MIKROTIK_TLS: 'false',
      HTTP_LISTEN: 'off',
      CROWDSEC_UPDATE_FREQUENCY: '1s',
    };
  }

  async #run(
    name: string | undefined,
    env: Readonly<Record<string, string | null>>,
    args: readonly string[],
  ): Promise<void> {
    const options = { app: 'mikrotik', file: this.#bundle, env: this.#env(env), args };
    if (name !== undefined) {
      if (this.containers.includes(name)) throw new Error(`the container's name is in use: ${name}`);
      this.#environments.set(name, env);
      // A refused key is tried again after a minute: its time runs ten times as fast.
      this.#containers.set(name, new ConnectorProcess({ ...options, args: ['run'], speed: 10 }));
      return;
    }
    const { code, stdout, stderr } = await runConnectorCommand(options);
    if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}: ${stdout}${stderr}`);
    this.printed = stdout;
  }

  #exec(name: string, args: readonly string[]): Promise<void> {
    if (!this.#containers.has(name)) throw new Error(`no such container runs: ${name}`);
    return this.#run(undefined, this.#environments.get(name) ?? {}, args);
  }

  async #dockerRun(command: string): Promise<void> {
    const { options, args, env } = dockerRun(await wordsOf(command));
    const at = options.indexOf('--name');
    await this.#run(at < 0 ? undefined : options[at + 1], env, args);
  }

  async #compose(file: string, verb: string): Promise<unknown> {
    const text = await readFile(path.join(this.home, file), 'utf8');
    // Docker refuses every verb, `down` as well, while a variable of the file has no value.
    const filled = text
      .replaceAll(/^#.*$/gm, '')
      .replaceAll(/\$\{(\w+):([?-])([^}]*)\}/g, (_, name: string, mark, rest) => {
        const value = this.shell.get(name);
        if (value === undefined && mark === '?') throw new Error(`required variable ${name} is missing a value`);
        return value ?? String(rest);
      });
    const [service = '', { environment } = { environment: {} }] =
      Object.entries((parse(filled) as Compose).services)[0] ?? [];
    if (verb === 'stop') return this.#stop(service);
    if (verb === 'down') return this.#remove(service);
    if (verb === `run --rm ${service} purge`) return this.#run(undefined, environment, ['purge']);
    if (verb === 'up -d' || verb === 'up -d --build') {
      if (this.#containers.has(service)) await this.#stop(service);
      this.#stopped.delete(service);
      return this.#run(service, environment, ['run']);
    }
    throw new Error(`a verb of docker compose that this test cannot follow: ${verb}`);
  }

  async #stop(name: string): Promise<void> {
    const code = await this.container(name).stop();
    if (code !== 0) throw new Error(`${name} stopped with exit code ${code}`);
    this.#containers.delete(name);
    this.#stopped.add(name);
  }

  #remove(name: string): boolean {
    if (!this.#stopped.delete(name)) throw new Error(`no stopped container: ${name}`);
    return true;
  }

  #deleteBouncer(name: string): void {
    if (!this.lapi.bouncers.list().some((row) => row.name === name)) throw new Error(`no bouncer ${name}`);
    this.lapi.bouncers.delete(name);
  }

  #export(words: string): void {
    for (const [, name = '', value = ''] of words.matchAll(/(\w+)=(\S+)/g)) this.shell.set(name, value);
  }

  #sh(line: string): Promise<string> {
    return must('sh', ['-ec', line], { cwd: this.home });
  }
}
