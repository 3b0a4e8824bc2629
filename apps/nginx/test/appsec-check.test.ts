import { freePort, startAppsec, startLapi } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nginxMissing } from './debian-nginx.ts';
import { RealNginx } from './real-nginx.ts';
import { runHere } from './run-here.ts';

const reason = await nginxMissing();

async function setUp(more: Readonly<Record<string, string>> = {}) {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  const appsec = await startAppsec({ key: lapi.key });
  onTestFinished(() => appsec[Symbol.asyncDispose]());
  lapi.decisions.add({ value: '45.83.64.1', duration: 3600, origin: 'cscli', scenario: 'test' });
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    NGINX_OUTPUT_DIR: nginx.output,
    CROWDSEC_APPSEC_URL: appsec.url,
    NGINX_STATUS_URL: `http://127.0.0.1:${await freePort()}`,
    HTTP_LISTEN: 'off',
    ...more,
  };
  const run = (command: string, over: Readonly<Record<string, string>> = {}) => runHere(command, { ...env, ...over });
  expect((await run('sync')).code).toBe(0);
  await nginx.configure({ http: `include ${nginx.output}/crowdsec.conf;` });
  await nginx.start();
  const check = async (over: Readonly<Record<string, string>> = {}) =>
    (await run('check', over)).stdout
      .split('\n')
      .filter((line) => /appsec/i.test(line))
      .join('\n');
  return { nginx, appsec, check, env };
}

describe.skipIf(reason !== undefined)(`check asks AppSec from end to end (${reason ?? 'ready'})`, () => {
  it('is content when a known probe is refused, here and by NGINX', async () => {
    const { check, nginx } = await setUp();
    const text = await check();
    expect(text).toMatch(/^ok +appsec +.* answers, and takes the key$/m);
    expect(text).toMatch(/^ok +appsec rules +\/\.env is refused \(ban\), asked from here$/m);
    expect(text).toMatch(/^ok +appsec of nginx +\/\.env is refused \(ban\), asked by NGINX$/m);
    expect(await nginx.status('45.83.64.2', '/.env')).toBe(403);
  });

  it('tells a wrong key, what is no AppSec, one that is away, one that hangs, and one without rules', async () => {
    const { check, appsec } = await setUp();
    appsec.mood = { status: 401, body: '' };
    expect(await check()).toMatch(/^FAIL +appsec +AppSec refuses the key \(401\)/m);
    expect(await check()).toMatch(/^FAIL +appsec of nginx +AppSec refuses the key \(401\)/m);
    appsec.mood = { status: 200, body: '<html>' };
    expect(await check()).toMatch(/^FAIL +appsec +what answers \(status 200\) is not AppSec/m);
    appsec.mood = { status: 200, body: '{"action":"allow","http_status":200}' };
    expect(await check()).toMatch(/^warn +appsec rules +\/\.env, which CrowdSec's own rules refuse, is let through/m);
    appsec.mood = { status: 403, body: '{"action":"ban","http_status":403}' };
    expect(await check()).toMatch(/^FAIL +appsec rules +a plain request for \/ is refused/m);
    await appsec.down();
    expect(await check()).toMatch(/^FAIL +appsec +.*AppSec at http:\/\/127/m);
    expect(await check()).toMatch(/^FAIL +appsec of nginx +NGINX asks AppSec in vain \(connection refused\)/m);
  });

  it('tells that NGINX is not seen without NGINX_STATUS_URL', async () => {
    const { check } = await setUp();
    expect(await check({ NGINX_STATUS_URL: '' })).toMatch(/^warn +appsec of nginx +whether NGINX reaches AppSec/m);
  });
});

describe('settings of AppSec', () => {
  const base = { CROWDSEC_API_URL: 'http://127.0.0.1:1', NGINX_OUTPUT_DIR: '/tmp', HTTP_LISTEN: 'off' };
  it.each([
    [{ CROWDSEC_APPSEC_URL: 'https://127.0.0.1:7422' }, /CROWDSEC_APPSEC_URL: must begin with http:/],
    [{ CROWDSEC_APPSEC_URL: 'http://127.0.0.1:7422/path' }, /CROWDSEC_APPSEC_URL: must be http:\/\/HOST:PORT/],
    [{ APPSEC_URL: '127.0.0.1:7422' }, /APPSEC_URL: .*accepted: an http or https address such as/],
    [{ CROWDSEC_APPSEC_FAILURE_ACTION: 'block' }, /CROWDSEC_APPSEC_FAILURE_ACTION: .*passthrough, deny/],
    [{ CROWDSEC_APPSEC_TIMEOUT: '5m' }, /CROWDSEC_APPSEC_TIMEOUT: .*out of range/],
    [{ CROWDSEC_APPSEC_BODY_LIMIT: '11m' }, /CROWDSEC_APPSEC_BODY_LIMIT: .*out of range/],
    [{ CROWDSEC_APPSEC_BODY_LIMIT: 'much' }, /CROWDSEC_APPSEC_BODY_LIMIT: .*accepted: a number of bytes/],
  ])('%o is told', async (env, problem) => {
    const { code, stderr } = await runHere('config', { ...base, CROWDSEC_BOUNCER_API_KEY: 'k', ...env });
    expect([code, stderr]).toEqual([2, expect.stringMatching(problem)]);
  });

  it.each([
    ['unix:///run/appsec.sock', '256k', 'unix:/run/appsec.sock'],
    ['/run/appsec.sock', '1M', 'unix:/run/appsec.sock'],
    ['http://crowdsec:7422/', '4096', 'http://crowdsec:7422'],
  ])('%s is taken', async (url, limit, shown) => {
    const env = { CROWDSEC_BOUNCER_API_KEY: 'k', APPSEC_URL: url, CROWDSEC_APPSEC_BODY_LIMIT: limit };
    const { code, stdout } = await runHere('config', { ...base, ...env });
    expect(code).toBe(0);
    expect(stdout).toContain(shown);
  });
});
