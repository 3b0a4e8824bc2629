import {
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { SmallDisk } from '@bouncer/sandbox';
import type { MatrixDevice } from '@bouncer/testkit';
import { decodeDecisions } from '../../src/decisions/decode.ts';
import { hold, luaTarget } from '../fixture.ts';
import { NGINX } from '../debian-nginx.ts';
import { RealNginx } from '../real-nginx.ts';

/** What the reload command does: its work, or what can go wrong with it. `killed` is over with one run. */
export type ReloadMode = '' | 'refuse' | 'hang' | 'killed' | 'hold';

/** A real NGINX with the Lua includes, its decisions on a small disk of their own. */
export class NginxLane implements MatrixDevice {
  readonly sample = 24;
  readonly settleMs = 1500;
  readonly nginx: RealNginx;
  readonly disk: SmallDisk;

  private constructor(nginx: RealNginx, disk: SmallDisk) {
    this.nginx = nginx;
    this.disk = disk;
  }

  static async start(): Promise<NginxLane> {
    const nginx = new RealNginx();
    const lane = new NginxLane(nginx, new SmallDisk(nginx.output));
    writeFileSync(lane.#path('calls'), '');
    lane.reloadMode = '';
    writeFileSync(lane.#path('reload'), reloadScript(nginx));
    chmodSync(lane.#path('reload'), 0o755);
    await hold(luaTarget(nginx.output), []);
    await nginx.configure({ http: `include ${nginx.output}/crowdsec.conf;` });
    await nginx.start();
    return lane;
  }

  get env(): Readonly<Record<string, string>> {
    const { folder, conf, output } = this.nginx;
    return {
      NGINX_OUTPUT_DIR: output,
      NGINX_TEST_COMMAND: `${NGINX} -t -q -p ${folder} -c ${conf} -e ${folder}/test.log`,
      NGINX_RELOAD_COMMAND: this.#path('reload'),
    };
  }

  get reloadMode(): ReloadMode {
    return readFileSync(this.#path('mode'), 'utf8').trim() as ReloadMode;
  }

  set reloadMode(mode: ReloadMode) {
    writeFileSync(this.#path('mode'), mode);
  }

  async blocked(networks: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    const blocked = new Set<string>();
    try {
      // A few at a time: NGINX has no more than 256 connections.
      for (let start = 0; start < networks.length; start += this.sample) {
        const some = networks.slice(start, start + this.sample);
        const statuses = await Promise.all(some.map((network) => this.nginx.status(network.split('/')[0] ?? '')));
        for (const [index, status] of statuses.entries()) if (status === 403) blocked.add(some[index] ?? '');
      }
      return blocked;
    } catch {
      return undefined;
    }
  }

  /** Runs of the reload command. */
  activity(): number {
    return statSync(this.#path('calls')).size;
  }

  holdApply() {
    rmSync(this.#path('reached'), { force: true });
    this.reloadMode = 'hold';
    this.deleteInclude();
    return {
      reached: () => existsSync(this.#path('reached')),
      release: () => {
        this.reloadMode = '';
      },
    };
  }

  /** An include is gone: it has to be written again, and NGINX reloaded. */
  deleteInclude(): void {
    rmSync(this.#include);
  }

  get hasInclude(): boolean {
    return existsSync(this.#include);
  }

  /** The networks in decisions.bin, sorted; undefined when it is not there or not whole. */
  get list(): string | undefined {
    const entries = existsSync(this.#list) ? decodeDecisions(readFileSync(this.#list)) : undefined;
    return (
      entries &&
      [...entries]
        .map(({ network }) => network)
        .sort()
        .join()
    );
  }

  deleteList(): void {
    rmSync(this.#list);
  }

  /** As a copy that was cut off. */
  tearList(): void {
    truncateSync(this.#list, statSync(this.#list).size >> 1);
  }

  /** A sound list, of nothing, in place of ours. */
  async emptyList(): Promise<void> {
    const other = path.join(this.nginx.folder, 'other');
    await hold(luaTarget(other), []);
    writeFileSync(`${this.#list}.other`, readFileSync(path.join(other, 'decisions.bin')));
    renameSync(`${this.#list}.other`, this.#list);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nginx.stop();
    this.disk[Symbol.dispose]();
    await this.nginx[Symbol.asyncDispose]();
  }

  get #include(): string {
    return path.join(this.nginx.output, 'crowdsec-off.conf');
  }

  get #list(): string {
    return path.join(this.nginx.output, 'decisions.bin');
  }

  #path(name: string): string {
    return path.join(this.nginx.folder, name);
  }
}

function reloadScript({ folder }: RealNginx): string {
  return `#!/bin/sh
cd ${folder}
printf x >>calls
case $(cat mode) in
refuse) echo 'nginx: [error] invalid PID number "" in "/run/nginx.pid"' >&2; exit 1;;
hang) exec sleep 600;;
killed) echo >mode; kill -9 $$;;
hold) : >reached; while [ "$(cat mode)" = hold ]; do sleep 0.05; done;;
esac
kill -HUP "$(cat nginx.pid)"
`;
}
