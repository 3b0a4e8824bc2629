import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { freePort, until } from '@bouncer/sandbox';
import { HAPROXY } from '../../../apps/haproxy/test/debian-haproxy.ts';
import { haproxyConfiguration } from '../../../apps/haproxy/test/real-haproxy.ts';
import type { Desk } from './desk.ts';

/** A real HAProxy on the desk's machine, where Debian's is: /etc/haproxy/haproxy.cfg, /run/haproxy/admin.sock. */
export class HaproxyOfDesk implements AsyncDisposable {
  readonly #desk: Desk;
  readonly #port: number;
  readonly #child: ChildProcess;

  private constructor(desk: Desk, port: number, child: ChildProcess) {
    this.#desk = desk;
    this.#port = port;
    this.#child = child;
  }

  /** As it is before anybody has heard of us. `inMounts`: what makes a program see the desk's folders. */
  static async start(desk: Desk, inMounts: readonly string[]): Promise<HaproxyOfDesk> {
    const port = await freePort();
    writeFileSync(`${desk.at('/etc/haproxy')}/haproxy.cfg`, configuration(port));
    const [program, ...args] = [...inMounts, HAPROXY, '-W', '-f', '/etc/haproxy/haproxy.cfg'];
    const proxy = new HaproxyOfDesk(desk, port, spawn(program, args, { stdio: 'ignore' }));
    await until('HAProxy answers', async () => (await proxy.#pid()) !== '');
    return proxy;
  }

  /** Puts a line into its frontend, and reloads it as `systemctl reload` does. */
  async reloadWith(rule: string): Promise<void> {
    const old = await this.#pid();
    writeFileSync(`${this.#desk.at('/etc/haproxy')}/haproxy.cfg`, configuration(this.#port, rule));
    let looks = 0;
    await until('another worker answers', async () => {
      // More than once: a master that has just started anew misses the signal.
      if (looks++ % 200 === 0) this.#child.kill('SIGUSR2');
      const pid = await this.#pid();
      return pid !== '' && pid !== old;
    });
  }

  /** The status that a client with this address sees; 0 while nothing answers. */
  async status(from: string): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/`, { headers: { 'x-from': from } }).catch(
      () => undefined,
    );
    return answer?.status ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }

  /** Of the worker; empty while there is none. */
  async #pid(): Promise<string> {
    const socket = connect({ path: `${this.#desk.at('/run/haproxy')}/admin.sock`, timeout: 1000 });
    socket.end('show info\n');
    const info = await text(socket).catch(() => '');
    return /^Pid: (\d+)$/m.exec(info)?.[1] ?? '';
  }
}

function configuration(port: number, ...rules: readonly string[]): string {
  return haproxyConfiguration({ socket: '/run/haproxy/admin.sock', level: 'admin', port, rules });
}
