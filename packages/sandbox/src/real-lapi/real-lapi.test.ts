import { Agent, request } from 'node:https';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCertificateAuthority } from '../certificates/certificate-authority.ts';
import { startLapi } from '../lapi/start-lapi.ts';
import { values } from '../lapi/testing.ts';
import type { WirePull } from '../lapi/testing.ts';
import { realLapiAvailable } from './package-files.ts';
import { startRealLapi } from './start-real-lapi.ts';
import type { RealLapi } from './start-real-lapi.ts';

const available = await realLapiAvailable();
const name = available.ok ? 'a real LAPI' : `a real LAPI (skipped: ${available.reason})`;

/** Either server, with a key. */
interface Server {
  readonly url: string;
  readonly key: string;
}

async function text({ url, key }: Server, path: string, init: RequestInit = {}): Promise<[number, string]> {
  const headers = { 'x-api-key': key, 'user-agent': 'crowdsec-test-bouncer/v1' };
  const response = await fetch(url + path, { redirect: 'manual', headers, ...init });
  return [response.status, await response.text()];
}

async function pull(server: Server, query = ''): Promise<WirePull> {
  const [, body] = await text(server, `/v1/decisions/stream?${query}`);
  return JSON.parse(body) as WirePull;
}

async function start(): Promise<RealLapi & Server> {
  const lapi = await startRealLapi();
  onTestFinished(() => lapi.stop());
  return { ...lapi, key: await lapi.addBouncer('test') };
}

describe.skipIf(!available.ok)(name, () => {
  it('streams what cscli does, as the stand-in says of its generation', { timeout: 60_000 }, async () => {
    const real = await start();
    await using standIn = await startLapi({ generation: real.generation });
    for (const [value, seconds, type] of [
      ['45.83.64.1', 3600, 'ban'],
      ['45.83.64.1', 14_400, 'ban'],
      ['45.83.64.1', 7200, 'captcha'],
      ['45.83.66.0/24', 3600, 'ban'],
      ['2a01:4f8::1', 3600, 'ban'],
    ] as const) {
      await real.ban(value, seconds, type);
      standIn.decisions.add({ value, duration: seconds, type });
    }
    for (const query of ['startup=true', 'startup=true&dedup=false', 'startup=true&type=captcha', 'startup=1', '']) {
      expect(shape(await pull(real, query)), query).toEqual(shape(await pull(standIn, query)));
    }
    await real.unban('45.83.64.1');
    standIn.decisions.delete('45.83.64.1');
    await real.ban('45.83.67.9', 60);
    standIn.decisions.add({ value: '45.83.67.9', duration: 60 });
    expect(shape(await pull(real))).toEqual(shape(await pull(standIn)));
    expect(await real.cscli(['bouncers', 'list', '-o', 'json'])).toContain('"type": "crowdsec-test-bouncer"');
  });

  it('answers other requests as the stand-in does', { timeout: 60_000 }, async () => {
    const real = await start();
    await using standIn = await startLapi({ generation: real.generation });
    await real.cscli(['decisions', 'add', '--scope', 'Country', '--value', 'FR', '-d', '1h']);
    await real.ban('45.83.64.1', 3600);
    await real.ban('45.83.64.1', 7200);
    standIn.decisions.addMany([
      { value: 'FR', scope: 'Country', duration: 3600 },
      { value: '45.83.64.1', duration: 3600 },
      { value: '45.83.64.1', duration: 7200 },
    ]);
    for (const path of ['', '?ip=45.83.64.1', '?scopes=ip', '?scope=country', '?contains=f'].map(listPath)) {
      const [status, body] = await text(real, path);
      const [wanted, expected] = await text(standIn, path);
      const rows = (json: string): string[] => values(JSON.parse(json) as WirePull['new']).sort();
      const fields = (json: string): string[] => Object.keys((JSON.parse(json) as object[])[0] ?? {});
      expect([path, status, rows(body), fields(body)]).toEqual([path, wanted, rows(expected), fields(expected)]);
    }
    for (const [path, init] of [
      ['/health', {}],
      ['/v1/decisions?ip=45.83.64.2', {}],
      ['/v1/decisions?ip=foo', {}],
      ['/v1/decisions?range=1.2.3.4/99', {}],
      ['/v1/decisions?contains=maybe', {}],
      ['/v1/decisions/stream?startup=true&contains=maybe', {}],
      ['/v1/decisions', { headers: { 'x-api-key': 'wrong' } }],
      ['/v1/decisions', { method: 'HEAD' }],
      ['/v1/decisions/stream', { method: 'POST' }],
      ['/v1/usage-metrics', { method: 'POST', body: '{}' }],
      ['/v1/nothing', {}],
      ['//v1/decisions', {}],
      ['/v1/alerts', {}],
      ['/v1/allowlists', {}],
      ['/v1/decisions/7', { method: 'DELETE' }],
      ['/v1/decisions/', { method: 'POST' }],
      ['/v1/usage-metrics', { method: 'POST', body: '' }],
      ['/v1/usage-metrics', { method: 'POST', body: '[]' }],
      ['/v1/usage-metrics', { method: 'POST', body: '{"remediation_components":[{"metrics":[{"items":[{}]}]}]}' }],
      ['/v1/decisions/stream/?startup=true', {}],
    ] satisfies [string, RequestInit][]) {
      expect([path, ...(await text(real, path, init))]).toEqual([path, ...(await text(standIn, path, init))]);
    }
  });

  it('imports many, and goes on after a halt', { timeout: 60_000 }, async () => {
    const lapi = await start();
    const decisions = Array.from({ length: 1000 }, (_, index) => ({ value: `45.90.${index >> 8}.${index & 255}` }));
    await lapi.importDecisions([...decisions, { value: '45.91.0.0/16', scenario: 'a "quoted", reason' }]);
    await lapi.halt();
    await expect(pull(lapi)).rejects.toThrow();
    await lapi.start();
    const { new: added } = await pull(lapi, 'startup=true');
    expect(added).toHaveLength(1001);
    expect(added?.[0]?.origin).toBe('cscli-import');
    expect(added?.find(({ value }) => value === '45.91.0.0/16')?.scenario).toBe('a "quoted", reason');
  });

  it('lets in by client certificate', { timeout: 60_000 }, async () => {
    const authority = await createCertificateAuthority();
    const tls = { ...(await authority.server()), ca: authority.cert, allowedOu: ['bouncer-ou'] };
    await using lapi = await startRealLapi({ tls });
    await lapi.ban('45.83.64.1', 60);
    const agent = new Agent({
      ca: authority.cert,
      ...(await authority.client({ commonName: 'mikrotik01', unit: 'bouncer-ou' })),
    });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${lapi.url}/v1/decisions/stream`, { agent }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
    expect(status).toBe(200);
    expect(await lapi.cscli(['bouncers', 'list', '-o', 'json'])).toContain('mikrotik01@127.0.0.1');
  });
});

function listPath(query: string): string {
  return `/v1/decisions${query}`;
}

/** An answer without what differs by nature: exact times and ids. */
function shape(pulled: WirePull): unknown {
  const rows = (list: WirePull['new']): unknown =>
    list?.map(({ value, scope, type, origin, duration }) => [value, scope, type, origin, hours(duration)]) ?? null;
  return { new: rows(pulled.new), deleted: rows(pulled.deleted), keys: Object.keys(pulled) };
}

/** To the hour: both servers count from their own moment, and one rounds. */
function hours(duration: string): string {
  if (duration.startsWith('-') || duration === '0s') return 'over';
  const [, whole = 0, minutes = 0] = /^(?:(\d+)h)?(?:(\d+)m(?!s))?/.exec(duration) ?? [];
  return `${Number(whole) + Math.round(Number(minutes) / 60)} h`;
}
