import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { createNetwork } from './network.ts';
import { enginePrograms } from './packages.ts';
import { must, run } from './run.ts';
import type { Ended, RunOptions } from './run.ts';

/** A Docker engine of the test's own: nothing of it is shared with one that the machine has. */
export interface Engine extends AsyncDisposable {
  /** Address of this machine as containers see it. */
  readonly hostAddress: string;
  /** Address of the engine, where ports that containers publish are reached. */
  readonly address: string;
  /** Runs a program in the engine's network, which is the `host` network of its containers. */
  inNetwork(command: string, args: readonly string[]): Promise<string>;
  /** Its docker command's folder of settings: plugins are found in `cli-plugins` below it. */
  readonly config: string;
  /** What goes in front of a program that shall see the engine's mounts, and not its network. */
  readonly inMounts: readonly string[];
  /** Runs a program on the host of the engine's containers: in its mounts and its network, with `docker` in the path. */
  onHost(command: string, args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs the docker command, whatever its exit code. */
  try(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs the docker command, which has to succeed; its output without the last line break. */
  docker(args: readonly string[], options?: RunOptions): Promise<string>;
}

/** Starts an engine with its own data, socket, containerd and network. Rejects with the reason where none can run. */
export async function startEngine(): Promise<Engine> {
  if (process.platform !== 'linux') throw new Error('an engine of its own needs Linux');
  if (process.getuid?.() !== 0) throw new Error('an engine of its own needs root');
  const programs = await enginePrograms();
  const network = await createNetwork();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-images-'));
  const socket = `unix://${folder}/docker.sock`;
  const places = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`];
  const log = await open(path.join(folder, 'log'), 'w');
  // It ends with us, also when we are killed, and its mounts end with it. nsenter and not `ip netns exec`, which would hide
  // the control groups.
  const wrapped = ['--pdeathsig', 'TERM', 'nsenter', `--net=${network.file}`, 'unshare', '--mount', programs.dockerd];
  const daemon = spawn('setpriv', [...wrapped, '--host', socket, ...places, '--bip', network.bridge], {
    env: programs.env,
    stdio: ['ignore', log.fd, log.fd],
  });
  const ended = once(daemon, 'exit');
  await writeFile(path.join(folder, 'config.json'), JSON.stringify({ cliPluginsExtraDirs: [programs.plugins] }));
  const env = { ...programs.env, DOCKER_CONFIG: folder, DOCKER_HOST: socket, DOCKER_BUILDKIT: '1', HOME: folder };
  const inspect = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
    run(programs.docker, args, { ...options, env });

  async function stop(): Promise<void> {
    daemon.kill('SIGTERM');
    await ended;
    await log.close();
    await network.remove();
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await until(
      'the engine answers',
      async () => {
        if (daemon.exitCode !== null || daemon.signalCode !== null) throw new Error('it ended');
        return (await inspect(['version'])).code === 0;
      },
      60,
    );
  } catch {
    const last = (await readFile(path.join(folder, 'log'), 'utf8')).trim().split('\n').at(-1) ?? '';
    await stop();
    throw new Error(`dockerd does not start here: ${last}`);
  }
  // What `unshare` was has become the daemon: its process is in the mounts that it works in.
  const mounts = ['nsenter', `--target=${daemon.pid ?? 0}`, '--mount'];
  return {
    hostAddress: network.hostAddress,
    address: network.guestAddress,
    config: folder,
    inMounts: mounts,
    onHost: (command, args, { cwd = '/', env: more = {} } = {}) => {
      const [nsenter, ...rest] = [...mounts, `--net=${network.file}`, 'sh', '-c', 'cd "$0" && exec "$@"', cwd];
      const path = [more['PATH'], programs.env['PATH']].filter((part) => part !== undefined).join(':');
      return run(nsenter, [...rest, command, ...args], { env: { ...env, ...more, PATH: path } });
    },
    inNetwork: (command, args) => must('nsenter', [`--net=${network.file}`, command, ...args]),
    try: inspect,
    docker: async (args, options = {}) => (await must(programs.docker, args, { ...options, env })).trimEnd(),
    [Symbol.asyncDispose]: stop,
  };
}
