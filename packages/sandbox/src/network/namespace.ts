import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Why no network namespace can be made here; undefined when one can. */
export function namespacesMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  const name = `bouncer-probe-${String(process.pid)}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'needs network namespaces (iproute2)';
  spawnSync('ip', ['netns', 'del', name]);
  return undefined;
}

/** A network namespace of our own: a host with its own addresses and its own firewall. */
export class Namespace implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(): Promise<Namespace> {
    const made = new Namespace(`bouncer-${randomBytes(4).toString('hex')}`);
    await exec('ip', ['netns', 'add', made.name]);
    await made.run('ip link set lo up');
    return made;
  }

  /** Goes in front of a command that shall run in there. */
  get prefix(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** Runs one command, words parted by single blanks; its output. Rejects when it fails. */
  async run(command: string): Promise<string> {
    const [program = '', ...rest] = [...this.prefix, ...command.split(' ')];
    return (await exec(program, rest, { maxBuffer: 1 << 28 })).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await exec('ip', ['netns', 'del', this.name]);
  }
}
