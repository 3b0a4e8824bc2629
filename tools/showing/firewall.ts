import { Relay, packagesMissing } from '@bouncer/sandbox';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { HOST, attackerPrefix } from './isolation.ts';
import type { Look, Stage, StageKind } from './stage.ts';

const run = promisify(execFile);
const PORT = 8080;
/** A packet that was not dropped is answered within microseconds. */
const ANSWER_TIMEOUT_MS = 500;

/** The kernel's own sets, in the namespace that the demo lives in; an attacker sends packets from another, by a cable. */
export const firewall: StageKind = {
  missing: () => packagesMissing({ packages: ['nftables'], files: ['/usr/sbin/nft'] }),
  async start(): Promise<Stage> {
    const prefix = attackerPrefix();
    const folder = mkdtempSync(path.join(tmpdir(), 'demo-firewall-'));
    const socket = path.join(folder, 'attacker.sock');
    const server = createServer((connection) => {
      connection.on('error', () => undefined).end('hello');
    });
    server.listen(PORT, HOST);
    await once(server, 'listening');
    const attacker = await Relay.start({ listen: socket, target: `${HOST}:${PORT}`, prefix });
    const monitor = new NftMonitor();
    return {
      what: 'kernel sets (nftables), asked by real packets',
      target: { mode: 'nftables' },
      async look(): Promise<Look> {
        const before = await droppedPackets();
        if (await isAnswered(socket)) return { state: 'let in', seen: 'a TCP connection is taken' };
        const dropped = (await droppedPackets()) - before;
        if (dropped <= 0) return { state: 'unclear', seen: 'no answer, and no packet that was dropped' };
        return { state: 'stopped', seen: `the kernel has dropped its packets` };
      },
      writes: () => monitor.count(),
      async [Symbol.asyncDispose]() {
        await monitor.stop();
        await attacker[Symbol.asyncDispose]();
        server.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

/** Whether the host answers a connection that the attacker makes. */
function isAnswered(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    const end = (isTaken: boolean): void => {
      connection.destroy();
      resolve(isTaken);
    };
    connection.setTimeout(ANSWER_TIMEOUT_MS, () => {
      end(false);
    });
    connection.on('data', () => {
      end(true);
    });
    connection.on('error', () => {
      end(false);
    });
  });
}

async function droppedPackets(): Promise<number> {
  const { stdout } = await run('nft', ['list', 'counters']);
  return [...stdout.matchAll(/packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
}

/** Counts the changes of the kernel's tables from the first question on: before, thousands come at once. */
class NftMonitor {
  #child: ReturnType<typeof spawn> | undefined;
  #lines = 0;

  count(): number {
    if (!this.#child) {
      const child = spawn('nft', ['monitor'], { stdio: ['ignore', 'pipe', 'ignore'] });
      createInterface({ input: child.stdout }).on('line', (line) => {
        // The rest tells who made a change.
        if (!line.startsWith('#')) this.#lines += 1;
      });
      this.#child = child;
    }
    if (this.#child.exitCode !== null) throw new Error('nft monitor has ended');
    const lines = this.#lines;
    this.#lines = 0;
    return lines;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }
}
