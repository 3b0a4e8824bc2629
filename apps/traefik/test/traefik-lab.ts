import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, freePort, type LapiSandbox, startLapi } from '@bouncer/sandbox';
import { startProxy } from './real-proxy.ts';
import type { Proxy } from './real-proxy.ts';

/** The Traefik to test with: the variable TRAEFIK_BIN. */
export const traefik = process.env['TRAEFIK_BIN'];
/** Why these tests cannot run; undefined when they can. */
export const noTraefik = traefik === undefined ? 'TRAEFIK_BIN names no Traefik' : undefined;

/** A proxy before Traefik whose headers Traefik believes. */
export const CDN = '192.0.2.80';

/** One request as a client sends it, or as an outer proxy does. */
export interface Sent {
  /** The address that Traefik takes for its peer. Default 198.51.100.1. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A LAPI, a connector, a Traefik and a site behind it, in one folder that Traefik's file provider reads. Traefik's peers
 * are told by PROXY protocol, so that one machine is clients of all addresses.
 */
export class TraefikLab implements AsyncDisposable {
  readonly folder: string;
  readonly output: string;
  readonly lapi: LapiSandbox;
  readonly #env: Readonly<Record<string, string>>;
  readonly #site: Server;
  readonly #port: number;
  connector: ConnectorProcess | undefined;
  #proxy: Proxy | undefined;

  private constructor(lapi: LapiSandbox, site: Server, ports: readonly [web: number, ours: number], env: object) {
    this.folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
    this.output = path.join(this.folder, 'output');
    mkdirSync(this.output);
    this.lapi = lapi;
    this.#site = site;
    this.#port = ports[0];
    this.#env = {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      CROWDSEC_UPDATE_FREQUENCY: '0.2s',
      TRAEFIK_LISTEN: `127.0.0.1:${ports[1]}`,
      TRAEFIK_ADDRESS: `http://127.0.0.1:${ports[1]}`,
      TRAEFIK_OUTPUT_DIR: this.output,
      HTTP_LISTEN: 'off',
      ...env,
    };
  }

  static async create(env: Readonly<Record<string, string>>): Promise<TraefikLab> {
    const site = createServer((request, response) => response.end(`site ${request.url ?? ''}`));
    site.on('upgrade', (_request, socket: Socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    );
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    return new TraefikLab(await startLapi(), site, [await freePort(), await freePort()], env);
  }

  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  /** Starts a connector, the one before being gone. */
  start(): ConnectorProcess {
    return (this.connector = new ConnectorProcess({ app: 'traefik', env: this.#env }));
  }

  /** The site's own router, with these middlewares. Replaced as a whole, as careful people and programs do. */
  route(middlewares: readonly string[], more: object = {}): void {
    const { port } = this.#site.address() as AddressInfo;
    const router = {
      rule: 'PathPrefix(`/`)',
      service: 'app',
      entryPoints: ['web'],
      ...(middlewares.length > 0 && { middlewares }),
    };
    const services = { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${port}` }] } } };
    const text = JSON.stringify({ http: { routers: { app: router, ...more }, services } });
    writeFileSync(path.join(this.output, 'app.yml.tmp'), text);
    renameSync(path.join(this.output, 'app.yml.tmp'), path.join(this.output, 'app.yml'));
  }

  async startTraefik(flags: readonly string[] = []): Promise<Proxy> {
    const all = [
      '--global.checkNewVersion=false',
      '--global.sendAnonymousUsage=false',
      `--entryPoints.web.address=127.0.0.1:${this.#port}`,
      '--entryPoints.web.proxyProtocol.trustedIPs=127.0.0.1/32',
      `--entryPoints.web.forwardedHeaders.trustedIPs=${CDN}/32`,
      `--providers.file.directory=${this.output}`,
      // Default 2 s: how often it takes a new configuration at most.
      '--providers.providersThrottleDuration=50ms',
      ...flags,
    ];
    return (this.#proxy = await startProxy(traefik ?? '', all, this.#port, this.folder));
  }

  /** The status that a client sees. */
  async ask({ from = '198.51.100.1', headers = {} }: Sent = {}): Promise<number> {
    const createConnection = (): Socket => this.#connect(from);
    const request = httpRequest({ host: 'a.example', path: '/page', headers, createConnection }).end();
    request.on('error', () => undefined);
    const [response, socket] = (await Promise.race([once(request, 'response'), once(request, 'upgrade')])) as [
      IncomingMessage,
      Socket | undefined,
    ];
    socket?.destroy();
    response.resume();
    if (socket === undefined) await once(response, 'end');
    return response.statusCode ?? 0;
  }

  /** The same in HTTP/2. */
  async askHttp2(from: string): Promise<number> {
    const session = http2Connect('http://a.example', { createConnection: () => this.#connect(from) });
    const [headers] = (await once(session.request({ ':path': '/page' }), 'response')) as [{ ':status'?: number }];
    session.destroy();
    return headers[':status'] ?? 0;
  }

  #connect(from: string): Socket {
    const socket = connect(this.#port, '127.0.0.1');
    const [family, to] = from.includes(':') ? ['TCP6', '2001:db8:ffff::1'] : ['TCP4', '192.0.2.1'];
    socket.write(`PROXY ${family} ${from} ${to} 40000 80\r\n`);
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connector?.stop('SIGKILL');
    await this.#proxy?.[Symbol.asyncDispose]();
    await this.lapi[Symbol.asyncDispose]();
    this.#site.close();
    this.#site.closeAllConnections();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
