import { freePort, runConnectorCommand, until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { caddySnippet, nginxSnippet } from '../src/forward-auth/snippets.ts';
import { missingProgram, startProxy } from './real-proxy.ts';
import { noTraefik, traefik } from './traefik-lab.ts';
import { banned, clean, httpPort, send, startSite, startWeb } from './web-fixture.ts';
import type { Sent } from './web-fixture.ts';

const noNginx = await missingProgram('nginx', 'nginx-light');
const noCaddy = await missingProgram('caddy', 'caddy');
const attack = { query: 'freemarker.template.utility.Execute' };

describe('AppSec is asked', () => {
  it('about what the list lets pass, in its own words, and by nobody but us', async () => {
    const { ask, appsec } = await startWeb();
    const lies = {
      'X-Crowdsec-Appsec-Ip': '10.0.0.1',
      x_crowdsec_appsec_uri: '/harmless',
      'User-Agent': 'tester/1.0',
      Cookie: 'a=b',
    };
    expect((await ask('/page?x=1', { headers: lies })).status).toBe(204);
    expect((await ask('/.env', { headers: lies })).status).toBe(403);
    expect((await ask('/appsec-teapot')).status).toBe(418);
    expect((await ask('/.env', {}, banned)).body).toContain('<h1>Access refused</h1>');
    expect(appsec.requests).toHaveLength(3);
    const { headers, ...asked } = appsec.requests[0]!;
    expect(asked).toMatchObject({
      ip: clean,
      uri: '/page?x=1',
      host: 'app.example',
      verb: 'GET',
      userAgent: 'tester/1.0',
    });
    expect(headers).toMatchObject({ cookie: 'a=b' });
    expect(Object.keys(headers).filter((name) => name.includes('_'))).toEqual([]);
    expect(new Set(appsec.statuses)).toEqual(new Set([200, 403]));
  });

  it('so that it can read every path', async () => {
    const { ask, appsec } = await startWeb();
    for (const uri of ['//.env', '///.env', '/%zz/.env', '/.env#x', '/a b/.env'])
      expect([uri, (await ask(uri)).status]).toEqual([uri, 403]);
    await ask('/.env%');
    expect(appsec.statuses).not.toContain(500);
  });

  it('about the body as far as the limit goes', async () => {
    const { ask, appsec } = await startWeb({ CROWDSEC_APPSEC_BODY_LIMIT: '1k' });
    const post = (body: string, more: Sent = {}) =>
      ask('/form', { method: 'POST', body, ...more, headers: { 'X-Forwarded-Method': 'POST', ...more.headers } });
    expect((await post(attack.query)).status).toBe(403);
    expect((await post('x'.repeat(5_000_000))).status).toBe(204);
    expect((await post(attack.query, { headers: { 'Transfer-Encoding': 'chunked' } })).status).toBe(403);
    expect(appsec.requests.map(({ verb, body }) => [verb, body.length])).toEqual([
      ['POST', attack.query.length],
      ['POST', 1024],
      ['POST', attack.query.length],
    ]);
  });

  it('not about who is on the ALLOWLIST', async () => {
    const { ask, appsec } = await startWeb({ ALLOWLIST: clean });
    expect((await ask('/.env')).status).toBe(204);
    expect((await ask('/.env', {}, '198.51.100.2')).status).toBe(403);
    expect(appsec.requests).toHaveLength(1);
  });

  it('over connections that are kept, and over a unix socket as well', async () => {
    const { ask, appsec } = await startWeb();
    for (let count = 0; count < 20; count += 1) await ask('/');
    expect(appsec.connections).toBe(1);
  });
});

describe('without a word of AppSec', () => {
  it.each([
    ['passthrough', 204],
    ['deny', 403],
  ] as const)('the failure action counts: %s', async (action, status) => {
    const { ask, appsec, connector } = await startWeb({
      CROWDSEC_APPSEC_FAILURE_ACTION: action,
      CROWDSEC_APPSEC_TIMEOUT: '200ms',
    });
    for (const mood of ['cut', { status: 500, body: '' }, { status: 200, body: '<html>' }] as const) {
      appsec.mood = mood;
      expect([mood, (await ask('/.env')).status]).toEqual([mood, status]);
    }
    await appsec.down();
    expect((await ask('/.env')).status).toBe(status);
    await appsec.up();
    appsec.mood = 'normal';
    expect((await ask('/.env')).status).toBe(403);
    expect(connector.stdout).toContain('AppSec gives no answer');
    const metrics = (await send(httpPort(connector.stdout), { path: '/metrics' })).body;
    expect(metrics).toMatch(/appsec_requests_total\{target="[^"]*",verdict="failed"\} 4\n/);
    expect(metrics).toMatch(/appsec_requests_total\{target="[^"]*",verdict="blocked"\} 1\n/);
  });

  it('one that hangs costs two requests a wait, and one now and then', async () => {
    const { ask, appsec } = await startWeb({ CROWDSEC_APPSEC_TIMEOUT: '300ms' });
    appsec.mood = 'hang';
    const before = appsec.connections;
    for (let count = 0; count < 20; count += 1) expect((await ask('/')).status).toBe(204);
    expect(appsec.connections - before).toBeLessThanOrEqual(3);
    appsec.mood = 'normal';
    await until('it is asked again', async () => (await ask('/.env')).status === 403);
  });

  it('a key that it does not know is told once, and by check', async () => {
    const { ask, appsec, connector, env } = await startWeb();
    const check = (more: Record<string, string> = {}) =>
      runConnectorCommand({ app: 'traefik', args: ['check'], env: { ...env, ...more } });
    expect((await check()).stdout).toMatch(/^ok appsec rules \/\.env is refused/m);
    appsec.mood = { status: 401, body: '' };
    for (let count = 0; count < 5; count += 1) await ask('/');
    expect(connector.stdout.match(/AppSec refuses the key/g)).toHaveLength(1);
    expect((await check()).stdout).toMatch(/^FAIL appsec .*refuses the key \(401\)/m);
  });
});

/** What a client of these proxies sees; the site counts what reached it. */
const probes: readonly [string, Sent, number][] = [
  ['a page', { path: '/page' }, 200],
  ['an attack by its path', { path: '/.env' }, 403],
  ['one with headers of its own', { path: '/.env', headers: { 'X-Forwarded-Uri': '/', 'X-Original-Url': '/' } }, 403],
  ['one that hides its method', { path: '/.env', headers: { 'X-Forwarded-Method': 'OPTIONS' } }, 403],
  ['a header of our protocol', { path: '/page', headers: { 'X-Crowdsec-Appsec-Uri': '/.env' } }, 200],
  ['an upload of 5 MB', { path: '/up', method: 'POST', body: Buffer.alloc(5_000_000, 'x') }, 200],
];

describe.skipIf(noNginx !== undefined)(`behind NGINX (${noNginx ?? 'ready'})`, () => {
  it('all of it but bodies', async () => {
    const { folder, port: ours, write } = await startWeb();
    const site = await startSite();
    const port = await freePort();
    const file = write(
      'nginx.conf',
      `daemon off; user root; pid ${folder}/nginx.pid; error_log stderr; worker_processes 1; events {}
http { access_log off; client_max_body_size 10m; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
set_real_ip_from 127.0.0.1; real_ip_header X-Test-Client;
server { listen 127.0.0.1:${port}; ${nginxSnippet(`http://127.0.0.1:${ours}/v1/forward-auth`)}
location / { proxy_pass http://127.0.0.1:${site.port}; } } }`,
    );
    await using proxy = await startProxy('nginx', ['-p', folder, '-e', 'stderr', '-c', file], port);
    for (const [name, sent, status] of probes) {
      const headers = { ...sent.headers, 'X-Test-Client': clean };
      const before = site.seen.length;
      expect([name, (await send(proxy.port, { ...sent, headers })).status]).toEqual([name, status]);
      const reached = site.seen.slice(before).map(({ length }) => length);
      expect(reached).toEqual(status === 200 ? [sent.body?.length ?? 0] : []);
    }
  });
});

describe.skipIf(noCaddy !== undefined)(`behind Caddy (${noCaddy ?? 'ready'})`, () => {
  it('all of it but bodies', async () => {
    const { port: ours, write } = await startWeb();
    const site = await startSite();
    const port = await freePort();
    const snippet = caddySnippet(`http://127.0.0.1:${ours}/v1/forward-auth`, true);
    const trusting = snippet.replace('uri ', 'trusted_proxies 127.0.0.1/32\n    uri ');
    const file = write(
      'Caddyfile',
      `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n${trusting}\nreverse_proxy 127.0.0.1:${site.port}\n}\n`,
    );
    await using proxy = await startProxy('caddy', ['run', '--adapter', 'caddyfile', '--config', file], port);
    for (const [name, sent, status] of probes) {
      const headers = { ...sent.headers, 'X-Forwarded-For': clean };
      expect([name, (await send(proxy.port, { ...sent, headers })).status]).toEqual([name, status]);
    }
    expect(
      site.seen.flatMap(({ headers: each }) => Object.keys(each).filter((name) => name.startsWith('x-crowdsec'))),
    ).toEqual([]);
  });
});

describe.skipIf(noTraefik !== undefined)(`behind Traefik (${noTraefik ?? 'ready'})`, () => {
  it('all of it, and bodies', async () => {
    const { port: ours, output, write } = await startWeb();
    const site = await startSite();
    const port = await freePort();
    const router = { rule: 'PathPrefix(`/`)', service: 'app', entryPoints: ['web'], middlewares: ['crowdsec'] };
    const services = { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${site.port}` }] } } };
    write('output/app.yml', JSON.stringify({ http: { routers: { app: router }, services } }));
    const flags = [
      '--global.checkNewVersion=false',
      '--global.sendAnonymousUsage=false',
      `--entryPoints.web.address=127.0.0.1:${port}`,
      '--entryPoints.web.forwardedHeaders.trustedIPs=127.0.0.1/32',
      `--providers.file.directory=${output}`,
    ];
    await using proxy = await startProxy(traefik ?? '', flags, port);
    const ask = (sent: Sent) => send(port, { ...sent, headers: { ...sent.headers, 'X-Forwarded-For': clean } });
    await until('the router', async () => (await ask({ path: '/page' })).status === 200);
    for (const [name, sent, status] of probes) expect([name, (await ask(sent)).status]).toEqual([name, status]);
    const form = { path: '/form', method: 'POST', body: attack.query };
    expect((await ask(form)).status).toBe(403);
    expect(
      site.seen.flatMap(({ headers }) => Object.keys(headers).filter((name) => name.startsWith('x-crowdsec'))),
    ).toEqual([]);
    expect([proxy.port, ours > 0]).toEqual([port, true]);
  });
});
