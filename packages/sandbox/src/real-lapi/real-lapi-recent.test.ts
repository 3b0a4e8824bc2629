import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startLapi } from '../lapi/start-lapi.ts';
import { values } from '../lapi/testing.ts';
import type { WirePull } from '../lapi/testing.ts';
import { recentLapiMissing } from './package-files.ts';
import { startRealLapi } from './start-real-lapi.ts';

const missing = await recentLapiMissing();

interface Ask {
  readonly method?: string;
  readonly path?: string;
  /** Source address, all of 127.0.0.0/8 being this machine. */
  readonly from?: string;
}

/** Asks for the stream's news, or what else is said; the status and the text. */
async function ask(port: number, key: string, { method = 'GET', path = '/v1/decisions/stream', from }: Ask = {}) {
  const headers = { 'x-api-key': key, 'user-agent': 'crowdsec-test-bouncer/v1' };
  const options = { host: '127.0.0.1', port, method, path, headers, agent: false, ...(from && { localAddress: from }) };
  const [response] = (await once(request(options).end(), 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text };
}

async function pull(port: number, key: string, options: Ask = {}): Promise<readonly (readonly string[])[]> {
  const { status, text } = await ask(port, key, options);
  expect(status, text).toBe(200);
  const parsed = JSON.parse(text) as WirePull;
  return [values(parsed.new), values(parsed.deleted).sort()];
}

describe.skipIf(missing !== undefined)(`a real LAPI since 1.6.4 (${missing ?? 'ready'})`, () => {
  it('takes what an allowlist touches out of the stream at once, ranges as a whole', async () => {
    await using lapi = await startRealLapi();
    const key = await lapi.addBouncer('test');
    const banned = ['45.83.64.1', '45.83.65.0/24', '45.83.66.0/24', '45.83.67.1', '45.83.68.1'];
    for (const value of banned) await lapi.ban(value, 3600);
    await pull(lapi.port, key);
    await lapi.cscli(['allowlists', 'create', 'ours', '-d', 'of the test']);
    await lapi.cscli(['allowlists', 'add', 'ours', '45.83.64.1', '45.83.65.7', '45.83.66.0/23']);
    expect(await pull(lapi.port, key)).toEqual([[], banned.slice(0, 4)]);
    // Nor does LAPI take a new decision on it, by the way that its own scenarios go.
    await lapi.importDecisions([{ value: '45.83.64.1' }, { value: '45.83.69.1' }]);
    expect(await pull(lapi.port, key)).toEqual([['45.83.69.1'], banned.slice(0, 4)]);
  });

  it('counts a shared key by source address, and HEAD for nobody, as the stand-in does', async () => {
    await using lapi = await startRealLapi();
    await using standIn = await startLapi({ generation: lapi.generation });
    const key = await lapi.addBouncer('sandbox');
    await lapi.ban('45.83.64.1', 3600);
    standIn.decisions.add({ value: '45.83.64.1' });
    const listed = async () =>
      (JSON.parse(await lapi.cscli(['bouncers', 'list', '-o', 'json'])) as Record<string, unknown>[]).map((row) => ({
        name: row['name'],
        address: row['ip_address'],
        type: row['type'],
        version: row['version'],
        autoCreated: row['auto_created'],
        pulled: (row['last_pull'] ?? null) !== null,
      }));
    const expected = () =>
      standIn.bouncers.list().map(({ name, address, type, version, autoCreated, lastPull }) => {
        return { name, address, type, version, autoCreated, pulled: lastPull !== undefined };
      });
    for (const step of [
      { method: 'HEAD', path: '/v1/decisions', from: '127.0.0.9' },
      { from: '127.0.0.1' },
      { from: '127.0.0.2' },
      { from: '127.0.0.2' },
      { from: '127.0.0.1' },
    ]) {
      const [real, own] = [await ask(lapi.port, key, step), await ask(standIn.port, standIn.key, step)];
      const counts = [real, own].map(({ text }) => (text === '' ? '' : values((JSON.parse(text) as WirePull).new)));
      expect(counts[0], JSON.stringify(step)).toEqual(counts[1]);
      expect(await listed()).toEqual(expected());
    }
    expect(expected().map(({ name }) => name)).toEqual(['sandbox', 'sandbox@127.0.0.2']);
    await lapi.cscli(['bouncers', 'delete', 'sandbox']);
    standIn.bouncers.delete('sandbox');
    expect(await listed()).toEqual(expected());
    for (const from of ['127.0.0.1', '127.0.0.2'])
      expect(await ask(lapi.port, key, { from })).toEqual(await ask(standIn.port, standIn.key, { from }));
    await lapi.cscli(['bouncers', 'add', 'sandbox', '-k', key]);
    expect(await pull(lapi.port, key)).toEqual([['45.83.64.1'], []]);
  });

  it('counts whole seconds, down to 0s, never compresses, and pages 30,000 rows without a seam', async () => {
    await using lapi = await startRealLapi();
    const key = await lapi.addBouncer('test');
    const many = Array.from({ length: 30_001 }, (_, index) => ({ value: `45.90.${index >> 8}.${index & 255}` }));
    await lapi.importDecisions(many);
    await lapi.ban('45.83.64.1', 3600);
    const { text } = await ask(lapi.port, key, { path: '/v1/decisions/stream?startup=true' });
    const { new: added } = JSON.parse(text) as WirePull;
    expect(added).toHaveLength(30_002);
    expect(new Set(values(added)).size).toBe(30_002);
    await lapi.unban('45.83.64.1');
    const { deleted } = JSON.parse((await ask(lapi.port, key)).text) as WirePull;
    expect(deleted).toMatchObject([{ value: '45.83.64.1', duration: expect.stringMatching(/^(0s|-\d+s)$/) as string }]);
    const zipped = await fetch(`${lapi.url}/v1/decisions/stream?startup=true`, {
      headers: { 'x-api-key': key, 'accept-encoding': 'gzip, br' },
    });
    await zipped.arrayBuffer();
    expect([zipped.headers.get('content-encoding'), zipped.headers.get('content-length')]).toEqual([null, null]);
  });
});
