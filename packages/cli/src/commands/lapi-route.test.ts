import { once } from 'node:events';
import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request as requestHttp, type ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MemoryTarget } from '@bouncer/target';
import { describe, expect, it, onTestFinished } from 'vitest';
import { memoryConnector, runCommand, startFakeLapi, testKey } from './testing.ts';
import type { CommandRun, FakeLapi, FakeLapiOptions } from './testing.ts';

const CREDENTIALS = 'proxy user:p@ss/word';
const WRITTEN = 'proxy%20user:p%40ss%2Fword';

/** A CA, and a certificate of its for 127.0.0.1. */
const fixture = (name: string): string => path.join(import.meta.dirname, '../../../stream/test/fixtures', name);
const pem = (name: string): string => readFileSync(fixture(name), 'utf8');

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'route-'));
  onTestFinished(() => {
    rmSync(made, { recursive: true });
  });
  return made;
}

async function lapiAt(options: FakeLapiOptions = {}): Promise<FakeLapi> {
  const lapi = await startFakeLapi('', options);
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  lapi.bans.push('203.0.113.7');
  return lapi;
}

/** A proxy that asks for a name and a password; it resolves any name to this machine. */
async function startProxy(
  status = 0,
): Promise<{ readonly port: number; readonly asked: string[]; readonly keys: unknown[] }> {
  const [asked, keys, sockets]: [string[], unknown[], Set<Socket>] = [[], [], new Set()];
  const refusal = (given: string | undefined): number => {
    if (given !== `Basic ${Buffer.from(CREDENTIALS).toString('base64')}`) return 407;
    return status;
  };
  const server = createHttpServer((request, response: ServerResponse) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const refused = refusal(request.headers['proxy-authorization']);
    if (refused !== 0) return void response.writeHead(refused, { 'content-type': 'text/html' }).end('<html>');
    const headers = { ...request.headers };
    delete headers['proxy-authorization'];
    const { port, pathname, search } = new URL(request.url ?? '');
    const onward = { host: '127.0.0.1', port, path: `${pathname}${search}`, method: request.method, headers };
    request.pipe(
      requestHttp(onward, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers))),
    );
  });
  server.on('connection', (socket) => void sockets.add(socket));
  server.on('connect', (request, near: Socket) => {
    asked.push(`CONNECT ${request.url ?? ''}`);
    keys.push(request.headers['x-api-key']);
    const refused = refusal(request.headers['proxy-authorization']);
    if (refused !== 0) return void near.end(`HTTP/1.1 ${refused} No\r\nContent-Length: 0\r\n\r\n`);
    const far = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1');
    sockets.add(far);
    far.on('connect', () => void near.write('HTTP/1.1 200 Yes\r\n\r\n'));
    near.pipe(far).pipe(near);
    for (const each of [near, far]) each.on('error', () => far.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    const closed = once(server, 'close');
    server.close();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port, asked, keys };
}

interface Both {
  readonly check: CommandRun;
  readonly sync: CommandRun;
  readonly target: MemoryTarget;
}

async function both(env: Readonly<Record<string, string>>): Promise<Both> {
  const all = { CROWDSEC_BOUNCER_API_KEY: testKey, HTTP_LISTEN: 'off', ...env };
  const target = new MemoryTarget();
  const check = await runCommand(['check'], all, memoryConnector([new MemoryTarget()]));
  const sync = await runCommand(['sync'], all, memoryConnector([target]));
  for (const { stdout, stderr } of [check, sync]) {
    expect(stdout + stderr).not.toMatch(/p@ss|p%40ss|cHJveHk/);
  }
  return { check, sync, target };
}

describe('LAPI by unix socket', () => {
  it.each(['unix://', 'unix:', ''])('is reached as %j and its path', async (prefix) => {
    const socket = path.join(folder(), 'lapi.sock');
    const lapi = await lapiAt({ socket });
    const { check, sync, target } = await both({ CROWDSEC_API_URL: `${prefix}${socket}` });
    expect([check.code, sync.code, [...target.rows.keys()]]).toEqual([0, 0, ['203.0.113.7']]);
    expect(check.stdout).toMatch(/^ok dns not used.*\nok socket connected to unix socket .*\nok tls not used/m);
    expect(lapi.requests.slice(0, 3)).toEqual([
      'HEAD /v1/decisions',
      'GET /v1/decisions',
      expect.stringMatching(/^GET \/v1\/decisions\/stream\?startup=true/) as string,
    ]);
  });

  it('needs the key as well', async () => {
    const lapi = await lapiAt({ socket: path.join(folder(), 'lapi.sock') });
    const { check } = await both({ CROWDSEC_API_URL: lapi.url, CROWDSEC_BOUNCER_API_KEY: 'another-key' });
    expect(check.stdout).toMatch(/^FAIL api-key LAPI answers 403/m);
    const without = await runCommand(['check'], { CROWDSEC_API_URL: lapi.url });
    expect([without.code, without.stderr]).toEqual([
      2,
      expect.stringContaining('CROWDSEC_BOUNCER_API_KEY: is missing'),
    ]);
  });

  it('is told by what is wrong with it', async () => {
    const place = folder();
    const [none, file, left, bound] = ['none', 'file', 'left', 'bound'].map((name) => path.join(place, name));
    writeFileSync(file ?? '', '');
    const server = createServer().listen(bound);
    await once(server, 'listening');
    // The name that it is bound to goes with the server; this one stays, as after a crash.
    linkSync(bound ?? '', left ?? '');
    const closed = once(server, 'close');
    server.close();
    await closed;
    for (const [socket, words, fix] of [
      [none, 'no such file', 'listen_socket'],
      [file, 'not a socket', 'listen_socket'],
      [left, 'connection refused', 'start CrowdSec'],
      [`${file ?? ''}/below`, 'no such file', 'CROWDSEC_API_URL'],
    ] as const) {
      const { check, sync } = await both({ CROWDSEC_API_URL: socket ?? '' });
      expect([check.code, sync.code]).toEqual([1, 1]);
      expect(check.stdout).toMatch(
        new RegExp(`^FAIL socket ${words}.*${path.basename(socket ?? '')}.*\\n  fix: .*${fix}`, 'm'),
      );
      expect(sync.stderr).toContain(`unix socket ${socket ?? ''}`);
    }
  });

  it.each(['unix://relative.sock', 'unix:', '/', `/${'x'.repeat(110)}`, 'unix://///'])('%s is none', async (url) => {
    const { code, stderr } = await runCommand(['check'], { CROWDSEC_API_URL: url, CROWDSEC_BOUNCER_API_KEY: testKey });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^CROWDSEC_API_URL: .*unix:\/\/\/run/)]);
  });
});

describe('LAPI behind CROWDSEC_PROXY', () => {
  it('is asked by http with the whole URL, even if only the proxy knows its name', async () => {
    const [lapi, proxy] = [await lapiAt(), await startProxy()];
    const url = lapi.url.replace('127.0.0.1', 'lapi.only-the-proxy.invalid');
    const { check, sync, target } = await both({
      CROWDSEC_API_URL: url,
      CROWDSEC_PROXY: `http://${WRITTEN}@127.0.0.1:${proxy.port}`,
    });
    expect([check.code, sync.code, [...target.rows.keys()]]).toEqual([0, 0, ['203.0.113.7']]);
    expect(proxy.asked).toContain(`HEAD ${url}/v1/decisions`);
    expect(proxy.asked.at(-1)).toContain(`GET ${url}/v1/decisions`);
    expect(lapi.requests).toHaveLength(proxy.asked.length);
  });

  it('is asked by https through a tunnel that shows the proxy nothing', async () => {
    const [lapi, proxy] = [
      await lapiAt({ tls: { cert: pem('server.pem'), key: pem('server.key.pem') } }),
      await startProxy(),
    ];
    const { host } = new URL(lapi.url);
    const { check, sync, target } = await both({
      CROWDSEC_API_URL: `https://${host}`,
      CROWDSEC_CA_FILE: fixture('ca.pem'),
      CROWDSEC_PROXY: `http://${WRITTEN}@127.0.0.1:${proxy.port}`,
    });
    expect([check.code, sync.code, [...target.rows.keys()]], check.stdout + sync.stdout).toEqual([
      0,
      0,
      ['203.0.113.7'],
    ]);
    expect(check.stdout).toMatch(/^ok proxy .* makes a tunnel to 127\.0\.0\.1:\d+\nok tls certificate/m);
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${host}`]));
    expect(proxy.keys.every((key) => key === undefined)).toBe(true);
  });

  it.each([
    ['http', 407, 'asks for a user', 'USER:PASSWORD'],
    ['https', 407, 'asks for a user', 'USER:PASSWORD'],
    ['http', 403, '403: proxy', 'allow this host'],
    ['https', 403, '403: proxy', 'allow this host'],
    ['http', 502, '502: proxy', 'cannot reach LAPI'],
    ['https', 503, '503: proxy', 'cannot reach LAPI'],
  ] as const)('%s: %i of the proxy is not taken for one of LAPI', async (scheme, status, words, fix) => {
    const proxy = await startProxy(status);
    const user = status === 407 ? '' : `${WRITTEN}@`;
    const { check, sync } = await both({
      CROWDSEC_API_URL: `${scheme}://127.0.0.1:9`,
      CROWDSEC_PROXY: `http://${user}127.0.0.1:${proxy.port}`,
    });
    expect([check.code, sync.code]).toEqual([1, 1]);
    expect(check.stdout).toMatch(new RegExp(`^FAIL proxy .*${words}.*\\n  fix: .*${fix}`, 'm'));
    expect(sync.stderr).toContain(words);
  });

  it('that is down is told as such', async () => {
    const env = { CROWDSEC_API_URL: 'http://127.0.0.1:9', CROWDSEC_PROXY: `${WRITTEN}@127.0.0.1:1` };
    for (const url of ['http://127.0.0.1:9', 'https://127.0.0.1:9']) {
      const { check, sync } = await both({ ...env, CROWDSEC_API_URL: url });
      expect(check.stdout).toMatch(/^FAIL tcp connection refused: proxy 127\.0\.0\.1:1\n  fix: check CROWDSEC_PROXY/m);
      expect(sync.stderr).toContain('connection refused: proxy 127.0.0.1:1');
    }
  });

  it.each([
    ['ftp://user:p@ss-word@proxy.lan:3128', 'is not an http proxy'],
    ['https://user:p@ss-word@proxy.lan', 'is not an http proxy'],
    ['http://user:p@ss-word@proxy.lan/path', 'is not an http proxy'],
    ['http://', 'is not an http proxy'],
    ['http://proxy.lan:99999', 'is not an http proxy'],
  ])('%s is none, and its password is not repeated', async (proxy, words) => {
    const env = { CROWDSEC_API_URL: 'http://127.0.0.1:9', CROWDSEC_BOUNCER_API_KEY: testKey, CROWDSEC_PROXY: proxy };
    const { code, stdout, stderr } = await runCommand(['check'], env);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^CROWDSEC_PROXY: /);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('ss-word');
  });

  it('is shown without its password, and does not go with a unix socket', async () => {
    const env = { CROWDSEC_API_URL: 'http://127.0.0.1:9', CROWDSEC_BOUNCER_API_KEY: testKey };
    const CROWDSEC_PROXY = `http://${WRITTEN}@proxy.lan:3128`;
    const { stdout } = await runCommand(['config'], { ...env, CROWDSEC_PROXY });
    expect(stdout).toContain('http://***@proxy.lan:3128');
    expect(stdout).not.toMatch(/p@ss|p%40ss/);
    const socket = await runCommand(['config'], { ...env, CROWDSEC_PROXY, CROWDSEC_API_URL: 'unix:///run/x.sock' });
    expect([socket.code, socket.stderr]).toEqual([2, expect.stringMatching(/^CROWDSEC_PROXY: .*unix socket/)]);
  });

  it('is the only one: HTTP_PROXY and its like are not followed', async () => {
    const lapi = await lapiAt();
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'])
      process.env[name] = 'http://127.0.0.1:1';
    onTestFinished(() => {
      for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'])
        Reflect.deleteProperty(process.env, name);
    });
    const { check, sync } = await both({ CROWDSEC_API_URL: lapi.url });
    expect([check.code, sync.code]).toEqual([0, 0]);
  });
});
