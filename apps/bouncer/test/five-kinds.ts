import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ConnectorProcess,
  SmallDisk,
  freePort,
  startLapi,
  startPfSense,
  startRouterOs,
  type LapiSandbox,
  type PfSenseSandbox,
  type RouterOsSandbox,
} from '@bouncer/sandbox';
import { HaproxyStandIn } from './haproxy-stand-in.ts';

/** The kinds of this world, which are the names of its targets. */
export const names = ['mikrotik', 'nginx', 'traefik', 'pfsense', 'haproxy'] as const;
export type Name = (typeof names)[number];

/** How fast time runs: a device that does not answer is given up within 60 s of it. */
const SPEED = 3;

/** One target in /status.json. */
export interface TargetState {
  readonly name: string;
  readonly state: string;
  readonly failures: number;
  readonly refused: number;
  /** True while the device was found to have no room for all of it. */
  readonly isFull?: boolean;
  /** Entries left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly lastError?: { readonly message: string };
}

/** What the process says of itself. */
export interface State {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly targets: readonly TargetState[];
}

/** Targets of five kinds in one process: a router, files on a small disk, forward-auth, a firewall behind a real sshd, HAProxy. */
export class FiveKinds implements AsyncDisposable {
  readonly lapi: LapiSandbox;
  readonly router: RouterOsSandbox;
  readonly firewall: PfSenseSandbox;
  readonly haproxy: HaproxyStandIn;
  /** Where NGINX's files go. */
  readonly disk: SmallDisk;
  readonly #folder: string;
  readonly #ports: { readonly traefik: number; readonly http: number };
  #connector: ConnectorProcess | undefined;

  private constructor(
    parts: { readonly lapi: LapiSandbox; readonly router: RouterOsSandbox; readonly firewall: PfSenseSandbox },
    ports: { readonly traefik: number; readonly http: number },
  ) {
    ({ lapi: this.lapi, router: this.router, firewall: this.firewall } = parts);
    this.#ports = ports;
    this.#folder = mkdtempSync(path.join(tmpdir(), 'five-kinds-'));
    this.haproxy = new HaproxyStandIn(this.#path('admin.sock'), this.#path('crowdsec.acl'));
    this.disk = new SmallDisk(this.#path('nginx'));
  }

  static async start(bans: readonly string[]): Promise<FiveKinds> {
    const lapi = await startLapi({ decisions: bans.map((value) => ({ value, duration: 20 * 86_400 })) });
    const parts = { lapi, router: await startRouterOs(), firewall: await startPfSense() };
    const world = new FiveKinds(parts, { traefik: await freePort(), http: await freePort() });
    writeFileSync(world.passwordFile, 'secret');
    writeFileSync(world.#path('crowdsec.acl'), '');
    await world.haproxy.up();
    world.#connector = new ConnectorProcess({
      app: 'bouncer',
      env: world.#env(),
      speed: SPEED,
      nodeFlags: ['--max-semi-space-size=1'],
    });
    return world;
  }

  /** Holds the router's password. */
  get passwordFile(): string {
    return this.#path('password');
  }

  get connector(): ConnectorProcess {
    if (!this.#connector) throw new Error('not started');
    return this.#connector;
  }

  /** Which of the five stop this address now. */
  async stopping(address: string): Promise<readonly Name[]> {
    const status = await this.#ask(this.#ports.traefik, '/v1/forward-auth', { 'x-forwarded-for': address });
    const holds: Readonly<Record<Name, boolean>> = {
      mikrotik: this.router.rows(undefined, 'crowdsec').some((row) => row.address === address),
      nginx: listOf(this.#path('nginx/decisions.bin')).includes(bytesOf(address)),
      traefik: status?.status === 403,
      pfsense: this.firewall.entriesOf()?.includes(address) === true,
      haproxy: this.haproxy.rows.has(address),
    };
    return names.filter((name) => holds[name]);
  }

  /** Undefined while it does not answer. */
  async state(): Promise<State | undefined> {
    const [readyz, status] = await Promise.all(
      ['/readyz', '/status.json'].map((page) => this.#ask(this.#ports.http, page)),
    );
    if (!readyz || !status) return undefined;
    const { reasons } = JSON.parse(readyz.body) as { reasons: readonly string[] };
    const { targets } = JSON.parse(status.body) as { targets: readonly TargetState[] };
    return { ready: readyz.status === 200, reasons, targets };
  }

  /** Whoever sleeps in the process wakes as if so many seconds had passed. */
  skip(seconds: number): Promise<void> {
    return this.connector.tell({ skip: seconds * 1000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connector?.[Symbol.asyncDispose]();
    await this.haproxy.down();
    await this.firewall.close();
    await this.router.close();
    await this.lapi.close();
    this.disk[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #env(): Readonly<Record<string, string>> {
    const { router, firewall, lapi } = this;
    return {
      TARGETS: names.join(','),
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      CROWDSEC_UPDATE_FREQUENCY: '3s',
      HTTP_LISTEN: `127.0.0.1:${this.#ports.http}`,
      MIKROTIK_HOST: `${router.host}:${router.port}`,
      MIKROTIK_USER: 'crowdsec',
      MIKROTIK_PASSWORD_FILE: this.passwordFile,
      MIKROTIK_TLS: 'false',
      NGINX_OUTPUT_DIR: this.disk.folder,
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
      TRAEFIK_LISTEN: `127.0.0.1:${this.#ports.traefik}`,
      TRAEFIK_OUTPUT_DIR: this.#path('traefik'),
      PFSENSE_HOST: `${firewall.host}:${firewall.port}`,
      PFSENSE_PASSWORD: 'pfsense',
      PFSENSE_HOST_KEY: firewall.hostKeyFingerprint,
      HAPROXY_SOCKET: this.#path('admin.sock'),
      HAPROXY_ACL: this.#path('crowdsec.acl'),
    };
  }

  #path(name: string): string {
    return path.join(this.#folder, name);
  }

  #ask(
    port: number,
    url: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly body: string } | undefined> {
    return new Promise((resolve) => {
      get({ port, host: '127.0.0.1', path: url, headers, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body });
        });
      }).on('error', () => {
        resolve(undefined);
      });
    });
  }
}

/** As it stands in the binary file that NGINX reads: least byte first. */
function bytesOf(address: string): string {
  return Buffer.from(address.split('.').map(Number).reverse()).toString('latin1');
}

function listOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
