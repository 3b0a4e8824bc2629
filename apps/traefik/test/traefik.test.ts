import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runConnectorCommand, until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { CDN, noTraefik, TraefikLab } from './traefik-lab.ts';

const banned = '203.0.113.7';
const clean = '198.51.100.1';

async function forwardAuth(env: Readonly<Record<string, string>> = {}): Promise<TraefikLab> {
  const trusted = { TRAEFIK_MODE: 'forwardauth', TRAEFIK_TRUSTED_PROXIES: `127.0.0.1 ${CDN}` };
  const lab = await TraefikLab.create({ ...trusted, ...env });
  lab.lapi.decisions.add({ value: banned, duration: 3600 });
  lab.lapi.decisions.add({ value: '2001:DB8:0:0::/64', scope: 'Range', duration: 3600 });
  const connector = lab.start();
  await until('the first decisions', () => connector.stdout.includes('written to the device'));
  lab.route(['crowdsec@file']);
  await lab.startTraefik();
  await until('the router', async () => (await lab.ask()) === 200);
  return lab;
}

describe.skipIf(noTraefik !== undefined)(`A real Traefik, forwardauth (${noTraefik ?? 'ready'})`, () => {
  it('judges the peer that Traefik saw, whatever a client writes; believes only the CDN that Traefik trusts', async () => {
    await using lab = await forwardAuth();
    for (const headers of [
      {},
      { 'X-Forwarded-For': clean, 'X-Real-Ip': clean },
      { Connection: 'X-Forwarded-For, X-Real-Ip', 'X-Forwarded-For': clean },
      { Connection: 'close, x-forwarded-for' },
      { Forwarded: `for=${clean}`, X_Forwarded_For: clean },
      { 'X-Forwarded-For': '' },
      { 'X-Forwarded-For': 'unknown' },
      { 'X-Forwarded-For': '127.0.0.1' },
    ]) {
      expect(await lab.ask({ from: banned, headers }), JSON.stringify(headers)).toBe(403);
      expect(await lab.ask({ from: '2001:db8::ffff', headers }), JSON.stringify(headers)).toBe(403);
      expect(await lab.ask({ from: clean, headers }), JSON.stringify(headers)).toBe(200);
    }
    expect(await lab.ask({ headers: { 'X-Forwarded-For': banned } })).toBe(200);
    expect(await lab.ask({ from: '::ffff:203.0.113.7' })).toBe(403);
    expect(await lab.ask({ from: CDN, headers: { 'X-Forwarded-For': banned } })).toBe(403);
    expect(await lab.ask({ from: CDN, headers: { 'X-Forwarded-For': `${clean}, ${banned}` } })).toBe(403);
    expect(await lab.ask({ from: CDN, headers: { 'X-Forwarded-For': `${banned}, ${clean}` } })).toBe(200);
    expect(await lab.ask({ from: CDN, headers: { 'X-Forwarded-For': '2001:db8::1' } })).toBe(403);
    for (const Connection of ['X-Forwarded-For', 'close'])
      expect(await lab.ask({ from: CDN, headers: { Connection, 'X-Forwarded-For': banned } }), Connection).toBe(403);
  });

  it('asks for HTTP/2 and WebSocket requests as well, and follows bans and unbans', async () => {
    await using lab = await forwardAuth();
    const websocket = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'eA==',
    };
    expect([await lab.ask({ headers: websocket }), await lab.ask({ from: banned, headers: websocket })]).toEqual([
      101, 403,
    ]);
    expect([await lab.askHttp2(clean), await lab.askHttp2(banned)]).toEqual([200, 403]);
    lab.lapi.decisions.add({ value: clean, duration: 3600 });
    await until('the ban', async () => (await lab.ask()) === 403);
    lab.lapi.decisions.delete(clean);
    await until('the end of it', async () => (await lab.ask()) === 200);
  });

  it('forgets no ban when the connector restarts while LAPI is away, and lets the clean in again', async () => {
    await using lab = await forwardAuth();
    await until('the list is kept', () => existsSync(path.join(lab.output, 'crowdsec.snapshot')));
    await lab.lapi.down();
    await lab.connector?.stop();
    lab.start();
    await until('who is banned is refused', async () => (await lab.ask({ from: banned })) === 403);
    expect(await lab.ask({ from: '2001:db8::ffff' })).toBe(403);
    // Open, after the patience of 5 s: nobody knows whether there are new bans.
    await until('the clean pass', async () => (await lab.ask()) === 200);
    expect(await lab.ask({ from: banned })).toBe(403);
  });

  it('refuses who is banned behind a Traefik that is not trusted, and says which address to add', async () => {
    await using lab = await forwardAuth({ TRAEFIK_TRUSTED_PROXIES: '192.0.2.99' });
    expect([await lab.ask({ from: banned }), await lab.ask({ from: '2001:db8::ffff' }), await lab.ask()]).toEqual([
      403, 403, 200,
    ]);
    expect(lab.connector?.stdout).toMatch(/"peer":"127\.0\.0\.1".*from a peer that is not trusted/);
  });

  it('shows a ban page of any size whole, and makes room for no more than that', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
    const page = path.join(folder, 'ban.html');
    writeFileSync(page, `<p>${'x'.repeat(20_000)}</p>`);
    await using lab = await forwardAuth({ TRAEFIK_BAN_PAGE_FILE: page });
    expect(readFileSync(path.join(lab.output, 'crowdsec.yml'), 'utf8')).toContain('maxResponseBodySize: 20479');
    expect(await lab.ask({ from: banned })).toBe(403);
    rmSync(folder, { recursive: true });
  });

  it('loses no request while the middleware is rewritten 100 times', async () => {
    await using lab = await forwardAuth();
    const file = path.join(lab.output, 'crowdsec.yml');
    const statuses = new Set<string>();
    let rewrites = 0;
    async function flow(): Promise<void> {
      while (rewrites < 100) statuses.add(`${await lab.ask()} ${await lab.ask({ from: banned })}`);
    }
    async function churn(): Promise<void> {
      for (; rewrites < 100; rewrites += 1) {
        lab.route(['crowdsec@file'], rewrites % 2 === 0 ? { other: { rule: 'Path(`/x`)', service: 'app' } } : {});
        copyFileSync(file, `${file}.tmp`);
        renameSync(`${file}.tmp`, file);
        await lab.ask();
      }
    }
    await Promise.all([flow(), churn()]);
    expect([...statuses]).toEqual(['200 403']);
  });

  it('lets nobody in while the connector is away or restarts, and goes on by itself', async () => {
    await using lab = await forwardAuth();
    const seen = { banned: new Set<number>(), clean: new Set<number>() };
    let over = false;
    async function flow(): Promise<void> {
      while (!over) {
        seen.banned.add(await lab.ask({ from: banned }));
        seen.clean.add(await lab.ask());
      }
    }
    const flowing = flow();
    await lab.connector?.stop('SIGKILL');
    await until('nobody is let in', async () => (await lab.ask()) === 500);
    // Requests come before the first decisions do, and wait for them.
    lab.lapi.faults.next({ kind: 'delay', milliseconds: 500 });
    const second = lab.start();
    await until('everything is as it was', async () => (await lab.ask()) === 200);
    expect(await second.stop()).toBe(0);
    lab.start();
    await until('everything is as it was', async () => (await lab.ask()) === 200);
    over = true;
    await flowing;
    expect([...seen.banned].sort()).toEqual([403, 500]);
    expect([...seen.clean].sort()).toEqual([200, 500]);
  });
});

describe.skipIf(noTraefik !== undefined)(`A real Traefik, after purge (${noTraefik ?? 'ready'})`, () => {
  it('lets everybody pass the middleware that routers still name, the connector being gone', async () => {
    await using lab = await forwardAuth();
    expect(await lab.ask({ from: banned })).toBe(403);
    expect(await lab.connector?.stop()).toBe(0);
    const { code, stdout, stderr } = await runConnectorCommand({ app: 'traefik', args: ['purge'], env: lab.env });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('lets everybody pass');
    for (const from of [banned, '2001:db8::ffff', clean])
      await until(`${from} is let in`, async () => (await lab.ask({ from })) === 200);
    expect(readdirSync(lab.output).sort()).toEqual(['app.yml', 'crowdsec.yml']);
  });
});

describe.skipIf(noTraefik !== undefined)(`A real Traefik, native (${noTraefik ?? 'ready'})`, () => {
  /** What clients get: two banned networks, a banned address, and somebody else. */
  async function seen(lab: TraefikLab, isBehind: boolean): Promise<string> {
    const statuses: number[] = [];
    for (const address of ['203.0.114.9', '2001:db8::ffff', banned, clean])
      statuses.push(
        await lab.ask(isBehind ? { from: CDN, headers: { 'X-Forwarded-For': address } } : { from: address }),
      );
    return statuses.join(' ');
  }

  it.each([
    { by: 'rules', env: {}, middlewares: [], isBehind: false },
    { by: 'an allow list', env: { TRAEFIK_TRUSTED_PROXIES: CDN }, middlewares: ['crowdsec@file'], isBehind: true },
  ])('blocks by $by, follows unbans, and is gone after purge', async ({ env, middlewares, isBehind }) => {
    await using lab = await TraefikLab.create({ TRAEFIK_MODE: 'native', ...env });
    for (const value of [banned, '203.0.114.0/24', '2001:DB8:0:0::/64'])
      lab.lapi.decisions.add({ value, duration: 3600 });
    const connector = lab.start();
    await until('the first decisions', () => connector.stdout.includes('written to the device'));
    lab.route(middlewares);
    await lab.startTraefik();
    await until('the rules', async () => (await seen(lab, isBehind)) === '403 403 403 200');
    expect(await lab.ask({ from: banned, headers: { 'X-Forwarded-For': clean } })).toBe(403);
    // Rules know the peer only; the allow list knows nobody who comes without a proxy.
    expect(await seen(lab, !isBehind)).toBe(isBehind ? '403 403 403 403' : '200 200 200 200');
    lab.lapi.decisions.delete(banned);
    await until('the unban', async () => (await seen(lab, isBehind)) === '403 403 200 200');
    expect(await connector.stop()).toBe(0);
    expect((await runConnectorCommand({ app: 'traefik', args: ['purge'], env: lab.env })).code).toBe(0);
    await until('nobody is blocked', async () => (await seen(lab, isBehind)) === '200 200 200 200');
    expect(await seen(lab, !isBehind)).toBe('200 200 200 200');
  });
});
