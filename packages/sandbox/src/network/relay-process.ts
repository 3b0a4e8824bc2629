import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const script = path.join(import.meta.dirname, 'relay.ts');

/** How a relay joins two networks: each end is `host:port` or the path of a UNIX socket. */
export interface RelayOptions {
  readonly listen: string;
  readonly target: string;
  /** Goes in front of the command: `prefix` of a Namespace. Default: here. */
  readonly prefix?: readonly string[];
}

/** A process that takes connections at one end and brings them to the other. */
export class Relay implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close');
  }

  /** Rejects with the reason when it cannot listen there. */
  static async start({ listen, target, prefix = [] }: RelayOptions): Promise<Relay> {
    const [program, ...args] = [...prefix, process.execPath, script, listen, target];
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const relay = new Relay(child);
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const isReady = await Promise.race([once(child.stdout, 'data').then(() => true), relay.#ended.then(() => false)]);
    if (!isReady) throw new Error(errors.trim() || `nothing can listen at ${listen}`);
    return relay;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
