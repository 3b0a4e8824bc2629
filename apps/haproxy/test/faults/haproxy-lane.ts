import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SmallDisk } from '@bouncer/sandbox';
import type { MatrixDevice } from '@bouncer/testkit';
import { calm, RealHaproxy } from '../real-haproxy.ts';
import { SocketLink } from './socket-link.ts';

/** Commands that change the ACL. */
const WRITE = /^(add|del) acl /;

/** A real HAProxy, its ACL file on a small disk of its own, and a link to its socket that can fail. */
export class HaproxyLane implements MatrixDevice {
  readonly sample = 24;
  readonly haproxy: RealHaproxy;
  readonly link: SocketLink;
  readonly disk: SmallDisk;

  private constructor(haproxy: RealHaproxy, link: SocketLink, disk: SmallDisk) {
    this.haproxy = haproxy;
    this.link = link;
    this.disk = disk;
  }

  static async start(): Promise<HaproxyLane> {
    const haproxy = new RealHaproxy();
    const disk = new SmallDisk(path.dirname(haproxy.acl), 64);
    await haproxy.start();
    return new HaproxyLane(haproxy, await SocketLink.start(haproxy.socket), disk);
  }

  get env(): Readonly<Record<string, string>> {
    return { HAPROXY_SOCKET: this.link.place, HAPROXY_ACL: this.haproxy.acl };
  }

  async blocked(networks: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    const blocked = new Set<string>();
    try {
      for (let start = 0; start < networks.length; start += this.sample) {
        const some = networks.slice(start, start + this.sample);
        const statuses = await Promise.all(some.map((network) => this.haproxy.status(network.split('/')[0] ?? '')));
        for (const [index, status] of statuses.entries()) if (status === 403) blocked.add(some[index] ?? '');
      }
      return blocked;
    } catch {
      // Nobody gets through an HAProxy that is down.
      return undefined;
    }
  }

  /** Lines of commands. */
  activity(): number {
    return this.link.connections;
  }

  holdApply() {
    let release: (() => void) | undefined;
    this.link.intercept = (line) =>
      WRITE.test(line)
        ? new Promise((resolve) => {
            release = () => {
              resolve(undefined);
            };
          })
        : undefined;
    return {
      reached: () => release !== undefined,
      release: () => {
        this.link.intercept = undefined;
        release?.();
      },
    };
  }

  /** The next line that changes the ACL reaches HAProxy as far as `part` says; nobody hears what came of it. */
  cutNextWrite(part: (line: string) => string): void {
    this.link.intercept = (line) => {
      if (!WRITE.test(line)) return undefined;
      this.link.intercept = undefined;
      return { commands: part(line), isCut: true };
    };
  }

  get isStruck(): boolean {
    return this.link.intercept === undefined;
  }

  async empty(): Promise<void> {
    await this.haproxy.api.ask(`clear acl ${this.haproxy.acl}`, calm);
  }

  /** What a start of HAProxy would begin with; undefined when it would not start. */
  get file(): string | undefined {
    const { acl } = this.haproxy;
    return existsSync(acl) ? readFileSync(acl, 'utf8').split('\n').filter(Boolean).sort().join() : undefined;
  }

  deleteFile(): void {
    rmSync(this.haproxy.acl);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link[Symbol.asyncDispose]();
    await this.haproxy.stop();
    this.disk[Symbol.dispose]();
    await this.haproxy[Symbol.asyncDispose]();
  }
}
