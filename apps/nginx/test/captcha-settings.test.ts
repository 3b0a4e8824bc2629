import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StandInProvider, startLapi } from '@bouncer/sandbox';
import { expect, it, onTestFinished } from 'vitest';
import { runHere } from './run-here.ts';

async function setUp() {
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  const provider = await new StandInProvider().start();
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const folder = mkdtempSync(path.join(tmpdir(), 'captcha-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  lapi.decisions.add({ value: '45.83.64.1', type: 'captcha', duration: 3600 });
  const all: Record<string, string> = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    CROWDSEC_DECISION_TYPES: 'ban,captcha',
    NGINX_OUTPUT_DIR: folder,
    NGINX_CAPTCHA_PROVIDER: 'recaptcha',
    NGINX_CAPTCHA_SITE_KEY: 'site-key',
    NGINX_CAPTCHA_SECRET: provider.secret,
    NGINX_CAPTCHA_VERIFY_URL: provider.url,
    HTTP_LISTEN: 'off',
  };
  const run = (command: string, more: Record<string, string> = {}) => runHere(command, { ...all, ...more });
  return { run, folder, provider };
}

it('check tells whether captchas can be solved, and shows no secret', async () => {
  const { run, provider } = await setUp();
  await run('sync');
  const good = await run('check');
  expect(good.stdout).toMatch(/^ok captcha provider 127\.0\.0\.1:\d+ answers \(invalid-input-response\)$/m);
  expect(good.stdout).toMatch(/^warn captcha listener no connector answers at .*crowdsec-captcha\.sock yet/m);
  const bad = await run('check', { NGINX_CAPTCHA_SECRET: 'a-wrong-secret', CROWDSEC_DECISION_TYPES: 'ban' });
  expect(bad.stdout).toMatch(/^FAIL captcha CAPTCHA_PROVIDER is set, but .*\n.*CROWDSEC_DECISION_TYPES=ban,captcha/m);
  expect(bad.stdout).toMatch(
    /^FAIL captcha provider the secret is refused \(invalid-input-secret\)\n.*CAPTCHA_SECRET_KEY/m,
  );
  expect(bad.stdout).not.toContain('a-wrong-secret');
  await provider[Symbol.asyncDispose]();
  expect((await run('check')).stdout).toMatch(/^FAIL captcha provider .*ECONNREFUSED.*; no captcha can be solved$/m);
});

it.each(['geo', 'stock'] as const)('in %s mode captchas are bans, and everybody says so', async (mode) => {
  const { run, folder } = await setUp();
  const more = { NGINX_MODE: mode };
  expect((await run('sync', more)).stdout).toMatch(/CAPTCHA_PROVIDER counts in lua mode only.*are bans/);
  expect((await run('check', more)).stdout).toMatch(
    new RegExp(`^ok captcha .*block like bans: ${mode} mode has no page`, 'm'),
  );
  expect((await run('setup', more)).stdout).toMatch(/Decisions of type captcha: this mode has no page/);
  const file = mode === 'geo' ? 'crowdsec-ipv4.ranges' : 'crowdsec-nginx-bouncer.conf';
  const text = readFileSync(path.join(folder, file), 'utf8');
  expect(text).toMatch(
    mode === 'geo' ? /^45\.83\.64\.1-45\.83\.64\.1 1;$/m : /^BOUNCING_ON_TYPE=all\nFALLBACK_REMEDIATION=ban$/m,
  );
});

it.each([
  [{ NGINX_CAPTCHA_SITE_KEY: '' }, /^CAPTCHA_SITE_KEY: is missing/],
  [{ NGINX_CAPTCHA_SECRET: '' }, /^CAPTCHA_SECRET_KEY: is missing/],
  [{ NGINX_CAPTCHA_SITE_KEY: '"><b>' }, /NGINX_CAPTCHA_SITE_KEY/],
  [{ NGINX_CAPTCHA_VERIFY_URL: 'http://192.0.2.1/x' }, /^CAPTCHA_VERIFY_URL: must begin with https/],
  [{ NGINX_CAPTCHA_LISTEN: '0.0.0.0:9463' }, /NGINX_CAPTCHA_ADDRESS: is missing/],
  [{ NGINX_CAPTCHA_LISTEN: 'connector:9463' }, /NGINX_CAPTCHA_LISTEN.*socket, or an address and port/],
  [{ NGINX_OUTPUT_DIR: `/${'x'.repeat(100)}` }, /NGINX_CAPTCHA_LISTEN: cannot be socket/],
])('ends with code 2 for %o', async (wrong, line) => {
  const { run } = await setUp();
  const { code, stderr } = await run('setup', wrong);
  expect([code, stderr]).toEqual([2, expect.stringMatching(line)]);
});
