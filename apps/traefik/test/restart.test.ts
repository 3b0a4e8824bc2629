import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, freePort, startLapi, until, type LapiSandbox } from '@bouncer/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const banned = '203.0.113.7';
const clean = '198.51.100.1';
let lapi: LapiSandbox;
let folder: string;
let port: number;
let connector: ConnectorProcess | undefined;
const agent = new Agent({ keepAlive: false });

beforeEach(async () => {
  lapi = await startLapi();
  lapi.decisions.add({ value: banned, duration: 3600 });
  folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  port = await freePort();
});
afterEach(async () => {
  await connector?.stop('SIGKILL');
  await lapi[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function start(env: Readonly<Record<string, string>> = {}): ConnectorProcess {
  return (connector = new ConnectorProcess({
    app: 'traefik',
    env: {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      CROWDSEC_UPDATE_FREQUENCY: '0.2s',
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
      TRAEFIK_LISTEN: `127.0.0.1:${port}`,
      TRAEFIK_OUTPUT_DIR: folder,
      HTTP_LISTEN: 'off',
      ...env,
    },
  }));
}

/** The status that a proxy gets; 0 while nobody listens. */
function ask(client: string, url = '/v1/forward-auth'): Promise<number> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path: url, headers: { 'x-forwarded-for': client }, agent }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', () => {
      resolve(0);
    });
  });
}

describe('a restart while LAPI is away', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('forgets no ban after %s, and is ready with it', async (signal) => {
    const first = start();
    await until('the first decisions', () => first.stdout.includes('written to the device'));
    await until('they are kept', () => existsSync(path.join(folder, 'crowdsec.snapshot')));
    lapi.decisions.add({ value: '203.0.113.9', duration: 3600 });
    await until('one more', async () => (await ask('203.0.113.9')) === 403);
    await lapi.down();
    await first.stop(signal);
    start();
    await until('it listens', async () => (await ask(banned)) !== 0);
    expect([await ask(banned), await ask(clean, '/ready')]).toEqual([403, 200]);
    // What was written within the last seconds before a SIGKILL may be lost; an end in order loses nothing.
    if (signal === 'SIGTERM') expect(await ask('203.0.113.9')).toBe(403);
    await lapi.up();
    await until('the clean pass', async () => (await ask(clean)) === 204);
  });

  it('has the middleware in its file and over HTTP before LAPI answers, and no list to be ready with', async () => {
    await lapi.down();
    start();
    await until('the file', () => existsSync(path.join(folder, 'crowdsec.yml')));
    expect([await ask(clean, '/traefik/config'), await ask(clean, '/ready')]).toEqual([200, 503]);
  });

  it('closed keeps strangers out, and neither the own LAN nor ALLOWLIST', async () => {
    await lapi.down();
    start({ TRAEFIK_UNTIL_FIRST_PULL: 'closed', ALLOWLIST: '198.51.100.0/28' });
    await until('it listens', async () => (await ask(clean, '/ready')) !== 0);
    const statuses = await Promise.all(['192.168.1.5', 'fd00::5', clean, '198.51.100.77'].map((client) => ask(client)));
    expect(statuses).toEqual([204, 204, 204, 403]);
  });
});

// Again on a machine that cannot answer 1,500 requests within the patience of 5 s.
it('lets none of the banned in who wait for the first decisions, be there 1,500 requests', { retry: 2 }, async () => {
  for (let index = 0; index < 250; index += 1) lapi.decisions.add({ value: `203.0.113.${index}`, duration: 3600 });
  lapi.faults.next({ kind: 'delay', milliseconds: 1000 });
  start();
  await until('it listens', async () => (await ask(clean, '/ready')) !== 0);
  const asked = Array.from({ length: 1500 }, (_, index) =>
    index % 2 === 0 ? `203.0.113.${(index / 2) % 250}` : `198.51.100.${index % 250}`,
  );
  const statuses = await Promise.all(asked.map((client) => ask(client)));
  const bannedOnes = statuses.filter((_, index) => index % 2 === 0);
  const cleanOnes = statuses.filter((_, index) => index % 2 === 1);
  expect([new Set(bannedOnes), new Set(cleanOnes)]).toEqual([new Set([403]), new Set([204])]);
});

describe('the native allow list', () => {
  const env = { TRAEFIK_MODE: 'native', TRAEFIK_TRUSTED_PROXIES: '192.0.2.80' };

  it('is there before LAPI answers, over HTTP as in the file, with what was blocked before', async () => {
    const first = start(env);
    await until('the first decisions', () => first.stdout.includes('written to the device'));
    await lapi.down();
    await first.stop('SIGKILL');
    start(env);
    await until('it listens', async () => (await ask(clean, '/traefik/config')) === 200);
    const response = await fetch(`http://127.0.0.1:${port}/traefik/config`);
    const text = await response.text();
    expect(text).toContain('"203.0.113.6","203.0.113.8/29"');
    expect(text).not.toContain('"0.0.0.0/0"');
  });

  it('lets everybody pass, and does not lack, when nothing was blocked before', async () => {
    await lapi.down();
    start(env);
    await until('it listens', async () => (await ask(clean, '/traefik/config')) === 200);
    expect(existsSync(path.join(folder, 'crowdsec.yml'))).toBe(true);
    const response = await fetch(`http://127.0.0.1:${port}/traefik/config`);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('ipAllowList') as string]);
  });
});
