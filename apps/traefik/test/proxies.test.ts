import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, freePort, type LapiSandbox, startLapi, until } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caddySnippet, envoySnippet, nginxSnippet } from '../src/forward-auth/snippets.ts';
import { parse as parseYaml } from 'yaml';
import { get, missingProgram, startProxy } from './real-proxy.ts';
import { noTraefik, traefik } from './traefik-lab.ts';

const noNginx = await missingProgram('nginx', 'nginx-light');
const noCaddy = await missingProgram('caddy', 'caddy');

const banned = '203.0.113.7';
const clean = '198.51.100.1';
let lapi: LapiSandbox;
let connector: ConnectorProcess;
let folder: string;
let authPort: number;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  mkdirSync(path.join(folder, 'output'));
  mkdirSync(path.join(folder, 'site'));
  writeFileSync(path.join(folder, 'site/index.html'), 'hello');
  lapi = await startLapi();
  lapi.decisions.add({ value: banned, duration: 3600, origin: 'cscli', scenario: 'test' });
  lapi.decisions.add({ value: '2001:DB8:0:0::/64', scope: 'Range', duration: 3600, origin: 'cscli', scenario: 'test' });
  authPort = await freePort();
  url = `http://127.0.0.1:${authPort}/v1/forward-auth`;
  connector = new ConnectorProcess({
    app: 'traefik',
    env: {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      CROWDSEC_UPDATE_FREQUENCY: '0.2s',
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_LISTEN: `127.0.0.1:${authPort}`,
      TRAEFIK_ADDRESS: `http://127.0.0.1:${authPort}`,
      // Envoy names its own address where its peer is the loopback.
      TRAEFIK_TRUSTED_PROXIES: ownAddresses().join(','),
      TRAEFIK_OUTPUT_DIR: path.join(folder, 'output'),
      HTTP_LISTEN: 'off',
    },
  });
  await until('the first decisions', () => connector.stdout.includes('written to the device'));
});
afterAll(async () => {
  await connector[Symbol.asyncDispose]();
  await lapi[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
}

/** What a client sees: from a clean and a banned address, and from a banned IPv6 range in another spelling. */
async function seen(port: number, header: string): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const address of [clean, banned, '2001:db8::ffff'])
    statuses.push((await get(port, { [header]: address })).status);
  return statuses;
}

describe.skipIf(noNginx !== undefined)(`NGINX auth_request (${noNginx ?? 'ready'})`, () => {
  /** The client's address comes from X-Test-Client, so that one machine can be many clients. */
  function configuration(port: number): string {
    return `daemon off; pid ${folder}/nginx.pid; error_log stderr; worker_processes 1; events {}
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; set_real_ip_from 127.0.0.1; real_ip_header X-Test-Client;
server { listen 127.0.0.1:${port}; root ${folder}/site; ${nginxSnippet(url)} } }`;
  }

  it('lets in, blocks, and cannot be deceived by a header of the client', async () => {
    const port = await freePort();
    const file = path.join(folder, 'nginx.conf');
    writeFileSync(file, configuration(port).replace('daemon off;', 'daemon off; user root;'));
    await using proxy = await startProxy('nginx', ['-p', folder, '-e', 'stderr', '-c', file], port);
    expect(await seen(proxy.port, 'X-Test-Client')).toEqual([200, 403, 403]);
    const lie = { 'X-Test-Client': banned, 'X-Forwarded-For': clean, 'X-Real-IP': clean };
    expect((await get(proxy.port, lie)).status).toBe(403);
    expect((await get(proxy.port, { 'X-Test-Client': clean, 'X-Forwarded-For': banned })).body).toBe('hello');
  });
});

describe.skipIf(noCaddy !== undefined)(`Caddy forward_auth (${noCaddy ?? 'ready'})`, () => {
  it('lets in, and shows the ban page to who is blocked', async () => {
    const port = await freePort();
    const file = path.join(folder, 'Caddyfile');
    // Caddy believes the header of this one peer, so that one machine can be many clients.
    const snippet = caddySnippet(url).replace('{\n', '{\n    trusted_proxies 127.0.0.1/32\n');
    writeFileSync(
      file,
      `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n${snippet}\nrespond hello\n}\n`,
    );
    await using proxy = await startProxy('caddy', ['run', '--adapter', 'caddyfile', '--config', file], port);
    expect(await seen(proxy.port, 'X-Forwarded-For')).toEqual([200, 403, 403]);
    expect((await get(proxy.port, { 'X-Forwarded-For': banned })).body).toContain('<h1>Access refused</h1>');
    expect((await get(proxy.port, {})).body).toBe('hello');
  });
});

const envoy = process.env['ENVOY_BIN'];
describe.skipIf(envoy === undefined)(
  `Envoy ext_authz (${envoy === undefined ? 'ENVOY_BIN names no Envoy' : 'ready'})`,
  () => {
    it('lets in, shows the ban page to who is blocked, and cannot be deceived by a header of the client', async () => {
      const port = await freePort();
      const { http_filters, clusters } = parseYaml(envoySnippet(url)) as Record<'http_filters' | 'clusters', unknown[]>;
      const router = { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' };
      const manager = {
        '@type':
          'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
        stat_prefix: 'web',
        use_remote_address: true,
        // One more proxy before Envoy, so that one machine can be many clients.
        xff_num_trusted_hops: 1,
        http_filters: [...http_filters, { name: 'envoy.filters.http.router', typed_config: router }],
        route_config: {
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              routes: [{ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'hello' } } }],
            },
          ],
        },
      };
      const listener = {
        address: { socket_address: { address: '127.0.0.1', port_value: port } },
        filter_chains: [
          { filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] },
        ],
      };
      const file = path.join(folder, 'envoy.json');
      writeFileSync(file, JSON.stringify({ static_resources: { listeners: [listener], clusters } }));
      await using proxy = await startProxy(
        envoy ?? '',
        ['-c', file, '--use-dynamic-base-id', '--concurrency', '1'],
        port,
      );
      expect(await seen(proxy.port, 'X-Forwarded-For')).toEqual([200, 403, 403]);
      expect((await get(proxy.port, { 'X-Forwarded-For': banned }, '/page?x=1')).body).toContain(
        '<h1>Access refused</h1>',
      );
      const lie = { 'X-Forwarded-For': `${clean}, ${banned}`, 'X-Real-IP': clean, 'X-Forwarded-Uri': '/' };
      expect((await get(proxy.port, lie)).status).toBe(403);
      expect((await get(proxy.port, {})).body).toBe('hello');
    });
  },
);

describe('without any proxy', () => {
  const ask = async (address: string) =>
    (await get(authPort, { 'X-Forwarded-For': address }, '/v1/forward-auth')).status;

  it('follows new decisions, and keeps blocking while LAPI is away', async () => {
    lapi.decisions.add({ value: '203.0.113.9', duration: 3600, origin: 'cscli', scenario: 'test' });
    await until('the new ban', async () => (await ask('203.0.113.9')) === 403);
    await lapi.down();
    await until('LAPI is missed', () => /ECONNREFUSED|refused/.test(connector.stdout));
    expect([await ask(clean), await ask('203.0.113.9'), await ask(banned)]).toEqual([204, 403, 403]);
    await lapi.up();
    expect(connector.stderr).toBe('');
  });

  it('serves the middleware, byte by byte what the file says', async () => {
    const first = await get(authPort, {}, '/traefik/config');
    expect(first).toEqual(await get(authPort, {}, '/traefik/config'));
    expect(JSON.parse(first.body)).toMatchObject({
      http: { middlewares: { crowdsec: { forwardAuth: { address: url } } } },
    });
    expect(readdirSync(path.join(folder, 'output')).sort()).toEqual([
      'crowdsec.snapshot',
      'crowdsec.yml',
      'traefik-static.yml.txt',
    ]);
    expect(readFileSync(path.join(folder, 'output/crowdsec.yml'), 'utf8')).toContain(`address: "${url}"`);
  });
});

describe.skipIf(noTraefik !== undefined)(`Traefik forwardAuth (${noTraefik ?? 'ready'})`, () => {
  /** A router in a folder of its own; its service is whatever answers: our own document. */
  function routes(middleware: string): string {
    const routed = mkdtempSync(path.join(folder, 'routes-'));
    const router = { rule: 'PathPrefix(`/`)', service: 'app', entryPoints: ['web'], middlewares: [middleware] };
    const app = { loadBalancer: { servers: [{ url: `http://127.0.0.1:${authPort}` }] } };
    writeFileSync(
      path.join(routed, 'app.yml'),
      JSON.stringify({ http: { routers: { app: router }, services: { app } } }),
    );
    return routed;
  }

  it.each(['file', 'http'] as const)('by the %s provider', async (provider) => {
    const port = await freePort();
    const routed = routes(`crowdsec@${provider}`);
    if (provider === 'file') copyFileSync(path.join(folder, 'output/crowdsec.yml'), path.join(routed, 'crowdsec.yml'));
    const flags = [
      '--global.checkNewVersion=false',
      '--global.sendAnonymousUsage=false',
      `--entryPoints.web.address=127.0.0.1:${port}`,
      '--entryPoints.web.forwardedHeaders.trustedIPs=127.0.0.1/32',
      `--providers.file.directory=${routed}`,
      ...(provider === 'http' ? [`--providers.http.endpoint=http://127.0.0.1:${authPort}/traefik/config`] : []),
    ];
    await using proxy = await startProxy(traefik ?? '', flags, port);
    const ask = async (address: string) => (await get(port, { 'X-Forwarded-For': address }, '/traefik/config')).status;
    await until('the router', async () => (await ask(clean)) === 200);
    expect([await ask(banned), await ask('2001:db8::ffff'), proxy.port]).toEqual([403, 403, port]);
  });
});
