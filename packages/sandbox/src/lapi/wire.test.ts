import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { startLapi } from './start-lapi.ts';
import { ask, pull } from './testing.ts';

describe('the wire', () => {
  it('says nothing in the words of each generation', async () => {
    await using first = await startLapi({ generation: '1.4' });
    await using second = await startLapi({ generation: '1.6' });
    await using third = await startLapi({ generation: '1.7.8' });
    const path = '/v1/decisions/stream?startup=true';
    const small = await ask(first, path);
    expect(small.headers.get('content-length')).toBe('27');
    expect(await small.text()).toBe('{"deleted":null,"new":null}');
    expect(await (await ask(second, path)).text()).toBe('{"deleted":null,"new":null}');
    const chunked = await ask(third, path);
    expect(chunked.headers.get('content-length')).toBeNull();
    expect(await chunked.text()).toBe('{"new": [], "deleted": []}');
    expect(await (await ask(third, '/v1/decisions')).text()).toBe('null');
  });

  it('writes rows in the order, with the durations and the fields of each generation', async () => {
    const clock = new ManualClock();
    await using first = await startLapi({ generation: '1.4', clock });
    await using third = await startLapi({ generation: '1.7.8', clock });
    for (const lapi of [first, third]) {
      lapi.decisions.add({ value: '192.0.2.1', duration: 7200, scenario: 'a<b' });
      lapi.decisions.add({ value: '192.0.2.2', duration: 3600 });
    }
    await clock.advance(500);
    const old = await (await ask(first, '/v1/decisions/stream?startup=true')).text();
    expect(old).toMatch(/^\{"deleted":null,"new":\[\{"duration":"59m59\.5\d+s","id":2,"origin":"cscli"/);
    expect(old).toContain('"scenario":"a\\u003cb","scope":"Ip","type":"ban","value":"192.0.2.1"}');
    const recent = await (await ask(third, '/v1/decisions/stream?startup=true')).text();
    expect(recent).toMatch(/^\{"new": \[\{"duration":"2h0m0s","id":1,.*"uuid":"[0-9a-f-]{36}","value":"192.0.2.1"\}/);
    expect(await (await ask(third, '/v1/decisions')).text()).not.toContain('uuid');
  });

  it('sends one row of a tie on 1.4 and all of them later', async () => {
    for (const [generation, count] of [
      ['1.4', 1],
      ['1.6', 2],
    ] as const) {
      await using lapi = await startLapi({ generation, clock: new ManualClock() });
      lapi.decisions.addMany([{ value: '45.83.64.1' }, { value: '45.83.64.1', scenario: 'other' }]);
      expect((await pull(lapi, 'startup=true')).new).toHaveLength(count);
      expect((await pull(lapi, 'startup=true&dedup=false')).new).toHaveLength(2);
    }
  });

  it('gives deletions a negative duration', async () => {
    const clock = new ManualClock();
    await using lapi = await startLapi({ clock, generation: '1.4' });
    lapi.decisions.add({ value: '192.0.2.1', duration: 60 });
    await clock.advance(100_250);
    expect((await pull(lapi, 'startup=true')).deleted?.[0]?.duration).toMatch(/^-40\.2/);
  });

  it('sends 100,000 decisions whole', async () => {
    await using lapi = await startLapi();
    lapi.decisions.addMany(
      Array.from({ length: 100_000 }, (_, index) => ({
        value: `45.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      })),
    );
    expect((await pull(lapi, 'startup=true')).new).toHaveLength(100_000);
  });
});

describe('routes', () => {
  it('answers what LAPI answers', async () => {
    await using lapi = await startLapi({ prefix: '/lapi/' });
    expect(lapi.url).toMatch(/\/lapi$/);
    const status = async (path: string, init?: Parameters<typeof ask>[2]): Promise<[number, string]> => {
      const response = await ask(lapi, path, init);
      return [response.status, await response.text()];
    };
    const stranger = { headers: { 'x-api-key': 'wrong' } };
    expect(await status('/health')).toEqual([200, '{"status":"up"}']);
    expect(await status('/v1/decisions', stranger)).toEqual([403, '{"message":"access forbidden"}']);
    expect(await status('/v1/decisions?ip=foo')).toEqual([
      500,
      `{"message":"unable to convert 'foo' to int: invalid ip address 'foo': invalid ip address / range"}`,
    ]);
    expect(await status('/v1/nothing')).toEqual([404, '']);
    expect(await status('//v1/decisions')).toEqual([404, '']);
    expect(await status('/v1/decisions/stream', { method: 'POST' })).toEqual([405, '']);
    expect((await status('/v1/alerts'))[0]).toBe(401);
    const redirect = await ask(lapi, '/v1/decisions/stream/?startup=true');
    expect([redirect.status, redirect.headers.get('location')]).toEqual([301, '/v1/decisions/stream?startup=true']);
    const outside = await fetch(`http://127.0.0.1:${lapi.port}/v1/decisions`, { headers: { 'x-api-key': lapi.key } });
    expect(outside.status).toBe(404);
  });

  it('eats a delta on HEAD in 1.4 only', async () => {
    for (const [generation, left] of [
      ['1.4', 0],
      ['1.6', 1],
    ] as const) {
      await using lapi = await startLapi({ generation });
      await pull(lapi, 'startup=true');
      lapi.decisions.add({ value: '192.0.2.1' });
      expect((await ask(lapi, '/v1/decisions/stream', { method: 'HEAD' })).status).toBe(200);
      expect((await pull(lapi)).new ?? []).toHaveLength(left);
    }
  });

  it('finds by address; a list moves last_pull only once that is a minute old', async () => {
    const clock = new ManualClock();
    await using lapi = await startLapi({ clock });
    await pull(lapi, 'startup=true');
    lapi.decisions.addMany([{ value: '198.51.100.0/24' }, { value: '2001:db8::/32' }]);
    const found = async (query: string): Promise<unknown> => (await ask(lapi, `/v1/decisions?${query}`)).json();
    expect(await found('ip=198.51.100.7')).toMatchObject([{ value: '198.51.100.0/24' }]);
    expect(await found('ip=2001:db8::1')).toMatchObject([{ value: '2001:db8::/32' }]);
    expect(await found('range=198.51.0.0/16&contains=false')).toMatchObject([{ value: '198.51.100.0/24' }]);
    expect(await found('ip=198.51.101.7')).toBeNull();
    expect((await pull(lapi)).new).toHaveLength(2);
    lapi.decisions.add({ value: '45.83.64.1' });
    await clock.advance(60_000);
    expect((await ask(lapi, '/v1/decisions', { method: 'HEAD' })).status).toBe(200);
    expect((await pull(lapi)).new).toHaveLength(1);
    lapi.decisions.add({ value: '45.83.64.2' });
    await clock.advance(60_000);
    await found('');
    expect((await pull(lapi)).new).toEqual([]);
  });

  it('fails a stream with a bad filter in the way of its generation, and leaves last_pull alone', async () => {
    for (const [generation, status, text] of [
      ['1.6', 500, '{"message":"get all decisions with filters: unable to query"}'],
      ['1.7.8', 200, '{"new": [], "deleted": []}'],
    ] as const) {
      await using lapi = await startLapi({ generation });
      lapi.decisions.add({ value: '45.83.64.1' });
      const answer = await ask(lapi, '/v1/decisions/stream?startup=true&ip=foo');
      expect([answer.status, await answer.text()]).toEqual([status, text]);
      expect((await pull(lapi)).new).toHaveLength(1);
    }
  });

  it('goes down, refuses, and comes back with what it knew', async () => {
    await using lapi = await startLapi();
    lapi.decisions.add({ value: '192.0.2.1' });
    await lapi.down();
    await expect(pull(lapi)).rejects.toThrow();
    await lapi.up();
    expect((await pull(lapi, 'startup=true')).new).toHaveLength(1);
  });
});
