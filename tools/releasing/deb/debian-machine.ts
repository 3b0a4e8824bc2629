import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { packagesMissing, until } from '@bouncer/sandbox';

const exec = promisify(execFile);
const archive = path.resolve(import.meta.dirname, '../../../.cache/debian-root.tar');

/** What a small server has, and what our packages ask for: nothing is downloaded once the machine runs. */
const included = ['systemd', 'systemd-sysv', 'dbus', 'adduser', 'ca-certificates', 'nftables', 'iproute2'];

/** What a command said, and how it ended. */
export interface Ran {
  readonly code: number;
  /** Both its streams. */
  readonly output: string;
}

/** Why no Debian can be booted here; undefined when one can. The first call makes its root, by mmdebstrap: 70 MB. */
export async function debianMissing(): Promise<string | undefined> {
  const missing = await packagesMissing({
    packages: ['mmdebstrap', 'systemd-container'],
    files: ['/usr/bin/mmdebstrap', '/usr/bin/systemd-nspawn'],
  });
  if (missing !== undefined) return missing;
  if (process.getuid?.() !== 0) return 'only root can boot a Debian';
  try {
    if (!existsSync(archive)) await makeRoot();
    await using machine = await DebianMachine.boot();
    return machine.output.includes('boots') ? undefined : 'systemd does not start here';
  } catch (error) {
    return (error as Error).message.trim().split('\n').at(-1) ?? 'no Debian';
  }
}

/** The release of this machine, from where this machine's apt has it. */
async function makeRoot(): Promise<void> {
  const suite = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (suite === undefined) throw new Error('this is no Debian');
  const sources = ['sources.list', 'sources.list.d/debian.sources', 'sources.list.d/ubuntu.sources']
    .map((name) => `/etc/apt/${name}`)
    .filter((file) => existsSync(file) && /^\s*(deb |URIs:)/m.test(readFileSync(file, 'utf8')));
  await mkdir(path.dirname(archive), { recursive: true });
  const fresh = `${archive}.${String(process.pid)}`;
  const options = ['--mode=root', '--variant=minbase', `--include=${included.join(',')}`];
  // A mirror may be a snapshot of some day.
  const lenient = ['--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=Acquire::Check-Date "false"'];
  await exec('mmdebstrap', [...options, ...lenient, '--format=tar', suite, fresh, ...sources]);
  await rename(fresh, archive);
}

/** A Debian with systemd, in a container of its own: fresh at each boot. */
export class DebianMachine implements AsyncDisposable {
  /** Its root folder, from outside. */
  readonly root: string;
  readonly #process: ChildProcess;
  #leader = 0;
  output = '';

  private constructor(root: string, namespace: string | undefined) {
    this.root = root;
    const args = [
      ...['--directory', root, '--boot', '--quiet', '--register=no', '--keep-unit', '--console=pipe'],
      // In a network of its own it may have a firewall of its own.
      ...(namespace === undefined
        ? []
        : [`--network-namespace-path=/run/netns/${namespace}`, '--capability=CAP_NET_ADMIN']),
      // systemd's own signal for a shutdown in order.
      '--kill-signal=SIGRTMIN+3',
    ];
    this.#process = spawn('systemd-nspawn', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (data: Buffer) => (this.output += data.toString()));
  }

  /** With the network of this machine, or that of a namespace. */
  static async boot(namespace?: string): Promise<DebianMachine> {
    const root = await mkdtemp(path.join(os.tmpdir(), 'debian-'));
    await exec('tar', ['--extract', '--file', archive, '--directory', root]);
    const machine = new DebianMachine(root, namespace);
    try {
      await until('Debian is up', () => machine.#isUp(), 90);
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw new Error(`${(error as Error).message}: ${machine.output.slice(-300)}`, { cause: error });
    }
    machine.output += 'boots\n';
    return machine;
  }

  /** Runs a shell line as root. Never rejects. */
  async sh(line: string): Promise<Ran> {
    const inside = [
      '--target',
      String(this.#leader),
      '--mount',
      '--uts',
      '--ipc',
      '--net',
      '--pid',
      '--cgroup',
      '--root',
      '--wd',
    ];
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      DEBIAN_FRONTEND: 'noninteractive',
      LC_ALL: 'C',
    };
    return new Promise((resolve) => {
      const child = execFile('nsenter', [...inside, '/bin/sh', '-c', line], { env }, (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0;
        resolve({ code, output: stdout + stderr });
      });
      // Nobody answers a question.
      child.stdin?.end();
    });
  }

  async #isUp(): Promise<boolean> {
    const { pid = 0, exitCode } = this.#process;
    if (exitCode !== null) throw new Error('systemd-nspawn ended');
    const children = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') : '';
    this.#leader = Number(children.split(' ')[0] ?? 0);
    if (this.#leader === 0) return false;
    const { output } = await this.sh('systemctl is-system-running');
    return /^(running|degraded)/.test(output);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await once(this.#process, 'exit');
    }
    await rm(this.root, { recursive: true, force: true });
  }
}
