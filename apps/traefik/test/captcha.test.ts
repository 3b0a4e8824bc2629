import { browserAvailable, freePort, runConnectorCommand, StandInProvider, until } from '@bouncer/sandbox';
import { chromium } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { caddySnippet, nginxSnippet } from '../src/forward-auth/snippets.ts';
import { missingProgram, startProxy } from './real-proxy.ts';
import { noTraefik, traefik } from './traefik-lab.ts';
import { banned, clean, send, startSite, startWeb } from './web-fixture.ts';
import type { Received } from './web-fixture.ts';

const noNginx = await missingProgram('nginx', 'nginx-light');
const noCaddy = await missingProgram('caddy', 'caddy');
const browser = await browserAvailable();

const suspect = '203.0.113.50';
const page = /class="h-captcha" data-sitekey="site-key"/;
const answered = (to = '/page', token = 'solved') =>
  `/page?${new URLSearchParams({ 'crowdsec-captcha': '1', to, 'h-captcha-response': token }).toString()}`;
const cookieOf = ({ headers }: Received) => String(headers['set-cookie']).split(';')[0] ?? '';

async function startCaptcha(env: Readonly<Record<string, string>> = {}) {
  const provider = await new StandInProvider().start();
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const web = await startWeb({
    CROWDSEC_DECISION_TYPES: 'ban,captcha',
    CAPTCHA_PROVIDER: 'hcaptcha',
    CAPTCHA_SITE_KEY: 'site-key',
    CAPTCHA_SECRET_KEY: provider.secret,
    CAPTCHA_VERIFY_URL: provider.url,
    ...env,
  });
  for (const value of [suspect, '203.0.113.51', '2001:db8:5::/48'])
    web.lapi.decisions.add({ value, duration: 3600, origin: 'cscli', scenario: 'test', type: 'captcha' });
  await until('the captcha', async () => page.test((await web.ask('/page', {}, '203.0.113.51')).body));
  return { ...web, provider };
}

describe('a captcha', () => {
  it('is shown, taken back by the same path, and remembered', async () => {
    const { ask, provider } = await startCaptcha();
    const shown = await ask('/page?a=1&b="', {}, suspect);
    expect(shown).toMatchObject({ status: 403, headers: { 'cache-control': 'no-store' } });
    expect(shown.body).toMatch(page);
    expect(shown.body).toContain('name="to" value="/page?a=1&#38;b=&#34;"');
    expect((await ask('/page', {}, banned)).body).not.toMatch(page);
    const wrong = await ask(answered('/page', 'guess'), {}, suspect);
    expect([wrong.status, page.test(wrong.body)]).toEqual([403, true]);
    const right = await ask(answered('/page?a=1'), {}, suspect);
    expect(right).toMatchObject({ status: 303, headers: { location: 'https://app.example/page?a=1' } });
    expect(String(right.headers['set-cookie'])).toMatch(
      /^crowdsec_captcha=2\.\d+\.[\w-]{43}; Path=\/; Max-Age=1800; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(provider.asked.at(-1)).toMatchObject({ response: 'solved', remoteip: suspect });
    const headers = { Cookie: `x=y; ${cookieOf(right)}` };
    expect((await ask('/page', { headers }, suspect)).status).toBe(204);
    // Sent twice, or come back to.
    expect(await ask(answered(), { headers }, suspect)).toMatchObject({ status: 303 });
    expect((await ask('/page', { headers }, banned)).status).toBe(403);
  });

  it('counts for its address and host alone, and is gone with the time', async () => {
    const { ask } = await startCaptcha();
    const Cookie = cookieOf(await ask(answered(), {}, suspect));
    const statusOf = async (more: Record<string, string>, from = suspect) =>
      (await ask('/page', { headers: { Cookie, ...more } }, from)).status;
    expect(await statusOf({})).toBe(204);
    expect(await statusOf({ 'X-Forwarded-Host': 'APP.example:443' })).toBe(204);
    expect(await statusOf({}, '203.0.113.51')).toBe(403);
    expect(await statusOf({}, '2001:db8:5::1')).toBe(403);
    expect(await statusOf({ 'X-Forwarded-Host': 'other.example' })).toBe(403);
    expect(await statusOf({ 'X-Forwarded-Host': 'app.example, evil' })).toBe(403);
    expect(await statusOf({ Cookie: Cookie.replace(/\.\d+\./, '.1999999999.') })).toBe(403);
  });

  it('counts for sister hosts when told so', async () => {
    const { ask } = await startCaptcha({ CAPTCHA_COOKIE_DOMAIN: 'example.org' });
    const at = (host: string) => ({ headers: { 'X-Forwarded-Host': host } });
    const right = await ask(answered(), at('a.example.org'), suspect);
    expect(String(right.headers['set-cookie'])).toContain('; Domain=example.org;');
    const Cookie = cookieOf(right);
    const statusAt = async (host: string) =>
      (await ask('/', { headers: { Cookie, 'X-Forwarded-Host': host } }, suspect)).status;
    expect([await statusAt('b.example.org'), await statusAt('badexample.org')]).toEqual([204, 403]);
  });

  it('lets nobody in while the provider gives no word, and leads to no other site', async () => {
    const { ask, provider, connector } = await startCaptcha();
    for (const answer of [
      { status: 500, body: '' },
      { status: 200, body: '<html>' },
      { status: 302, body: '' },
    ]) {
      provider.answer = answer;
      expect((await ask(answered(), {}, suspect)).status).toBe(403);
    }
    expect(connector.stdout).toContain('captchas cannot be verified');
    provider.answer = 'normal';
    for (const to of ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      const { headers } = await ask(answered(to), {}, suspect);
      expect([to, headers.location]).toEqual([to, 'https://app.example/']);
    }
    await provider[Symbol.asyncDispose]();
    expect((await ask(answered(), {}, suspect)).status).toBe(403);
  });

  it('outlives a restart, and is what AppSec may ask for as well', async () => {
    const { ask, appsec } = await startCaptcha();
    expect((await ask('/appsec-captcha')).body).toMatch(page);
    const right = await ask(answered('/appsec-captcha'));
    expect(right.status).toBe(303);
    const before = appsec.requests.length;
    expect((await ask('/appsec-captcha', { headers: { Cookie: cookieOf(right) } })).status).toBe(204);
    expect((await ask('/.env', { headers: { Cookie: cookieOf(right) } })).status).toBe(403);
    expect(appsec.requests.length - before).toBe(2);
  });

  it('is a ban without a provider, and JSON for who asks for it', async () => {
    const { ask } = await startCaptcha();
    const answer = await ask('/api', { headers: { Accept: 'application/json' } }, suspect);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([403, { error: 'captcha', status: 403 }]);
  });

  it('has a page of the user', async () => {
    const { env, write, provider } = await startCaptcha();
    const check = (file: string) =>
      runConnectorCommand({ app: 'traefik', args: ['config'], env: { ...env, CAPTCHA_PAGE_FILE: file } });
    expect(provider.asked).toEqual([]);
    const bad = await check(write('bad.html', '<form>{{widget}}</form>'));
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringMatching(/^CAPTCHA_PAGE_FILE: .*has no \{\{script\}\}/)]);
    const whole =
      '<script src="{{script}}"></script><form action="{{action}}"><i class="{{widget}}" data-sitekey="{{site_key}}"></i>';
    expect((await check(write('good.html', whole))).code).toBe(0);
    expect((await check(write('odd.html', `${whole}{{who}}`))).stderr).toContain('{{who}}');
  });
});

describe.skipIf(noNginx !== undefined)(`behind NGINX (${noNginx ?? 'ready'})`, () => {
  it('a captcha is a 403, since a page cannot be shown', async () => {
    const { folder, port: ours, write } = await startCaptcha();
    const port = await freePort();
    const file = write(
      'nginx.conf',
      `daemon off; user root; pid ${folder}/nginx.pid; error_log stderr; worker_processes 1; events {}
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; set_real_ip_from 127.0.0.1; real_ip_header X-Test-Client;
server { listen 127.0.0.1:${port}; root ${folder}; ${nginxSnippet(`http://127.0.0.1:${ours}/v1/forward-auth`)} } }`,
    );
    await using proxy = await startProxy('nginx', ['-p', folder, '-e', 'stderr', '-c', file], port);
    const at = async (from: string) =>
      (await send(proxy.port, { path: '/nginx.conf', headers: { 'X-Test-Client': from } })).status;
    expect([await at(suspect), await at(clean)]).toEqual([403, 200]);
  });
});

/** Page, form and pass as a client of a real proxy has them. */
async function solveThrough(port: number): Promise<void> {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    send(port, { path, headers: { Host: 'app.example', 'X-Forwarded-For': suspect, ...headers } });
  expect((await ask('/page')).body).toMatch(page);
  const right = await ask(answered('/page?x=1'));
  expect(right).toMatchObject({ status: 303, headers: { location: 'http://app.example/page?x=1' } });
  expect(String(right.headers['set-cookie'])).not.toContain('Secure');
  expect((await ask('/page?x=1', { Cookie: cookieOf(right) })).body).toBe('site GET /page?x=1 0');
  expect((await ask('/page', { Cookie: cookieOf(right), 'X-Forwarded-For': '203.0.113.51' })).status).toBe(403);
}

async function behindCaddy(ours: number, write: (name: string, text: string) => string) {
  const site = await startSite();
  const port = await freePort();
  const snippet = caddySnippet(`http://127.0.0.1:${ours}/v1/forward-auth`, true);
  const trusting = snippet.replace('uri ', 'trusted_proxies 127.0.0.1/32\n    uri ');
  const text = `{\n admin off\n auto_https off\n}\nhttp://:${port} {\n${trusting}\nreverse_proxy 127.0.0.1:${site.port}\n}\n`;
  const proxy = await startProxy(
    'caddy',
    ['run', '--adapter', 'caddyfile', '--config', write('Caddyfile', text)],
    port,
  );
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return port;
}

describe.skipIf(noCaddy !== undefined)(`behind Caddy (${noCaddy ?? 'ready'})`, () => {
  it('from page to site', async () => {
    const { port: ours, write } = await startCaptcha();
    await solveThrough(await behindCaddy(ours, write));
  });

  it.skipIf(!browser.ok)(`in a browser (${browser.ok ? 'ready' : browser.reason})`, async () => {
    // What the provider's script does: puts a token into the form, where the visitor has solved it.
    const script = `data:text/javascript,${encodeURIComponent(`for (const box of document.querySelectorAll('.h-captcha')) box.innerHTML = '<input name="h-captcha-response" value="solved" aria-label="token">';`)}`;
    const { createServer } = await import('node:http');
    const scripts = createServer((_, response) =>
      response
        .writeHead(200, { 'content-type': 'text/javascript' })
        .end(decodeURIComponent(script.slice(script.indexOf(',') + 1))),
    );
    const scriptPort = await freePort();
    scripts.listen(scriptPort, '127.0.0.1');
    onTestFinished(() => void scripts.close());
    const {
      port: ours,
      write,
      provider,
    } = await startCaptcha({ CAPTCHA_SCRIPT_URL: `http://127.0.0.1:${scriptPort}/api.js` });
    const port = await behindCaddy(ours, write);
    const chrome = await chromium.launch({
      ...(browser.ok && { executablePath: browser.path }),
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    onTestFinished(() => chrome.close());
    const tab = await chrome.newPage({
      extraHTTPHeaders: { 'X-Forwarded-For': suspect },
      viewport: { width: 390, height: 844 },
    });
    await tab.goto(`http://127.0.0.1:${port}/shop?item=7`);
    await tab.getByRole('heading', { name: 'Are you a person?' }).waitFor();
    await tab.getByLabel('token').waitFor();
    await tab.getByRole('button', { name: 'Continue' }).click();
    await tab.getByText('site GET /shop?item=7').waitFor();
    expect(tab.url()).toBe(`http://127.0.0.1:${port}/shop?item=7`);
    expect(provider.asked).toMatchObject([{ response: 'solved', remoteip: suspect }]);
    await tab.goto(`http://127.0.0.1:${port}/other`);
    await tab.getByText('site GET /other').waitFor();
  });
});

describe.skipIf(noTraefik !== undefined)(`behind Traefik (${noTraefik ?? 'ready'})`, () => {
  it.each(['off', 'tls'])('from page to site, endpoint with TLS: %s', async (tls) => {
    const tlsPort = await freePort();
    const { output, write } = await startCaptcha(tls === 'off' ? {} : { TRAEFIK_LISTEN_TLS: `127.0.0.1:${tlsPort}` });
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
    await until('the router', async () => (await send(port, { headers: { 'X-Forwarded-For': clean } })).status === 200);
    await solveThrough(proxy.port);
  });
});
