import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { gatewayPage, redirectTo } from './faults.ts';
import type { LapiFault } from './faults.ts';
import { startLapi } from './start-lapi.ts';
import type { LapiSandbox } from './start-lapi.ts';
import { ask, pull, values } from './testing.ts';

async function readyLapi(clock = new ManualClock()): Promise<LapiSandbox> {
  const lapi = await startLapi({ clock });
  await pull(lapi, 'startup=true');
  lapi.decisions.addMany([{ value: '192.0.2.1' }, { value: '192.0.2.2' }]);
  return lapi;
}

describe('faults', () => {
  it.each([
    ['a drop before the request', { kind: 'drop', at: 'request' }, 2],
    ['a drop of the answer', { kind: 'drop', at: 'request', reached: true }, 0],
    ['a drop after the headers', { kind: 'drop', at: 'headers' }, 0],
    ['a drop in the body', { kind: 'drop', at: 'body' }, 0],
    ['a body that ends early', { kind: 'truncate' }, 0],
    ['an empty answer', { kind: 'answer', status: 200 }, 2],
    ['a login page', { kind: 'answer', status: 200, body: '<html>log in</html>', reached: true }, 0],
  ] satisfies [string, LapiFault, number][])('%s fails the pull; the next delta holds %s', async (_, fault, left) => {
    await using lapi = await readyLapi();
    lapi.faults.next(fault);
    await expect(pull(lapi)).rejects.toThrow();
    expect(values((await pull(lapi)).new)).toHaveLength(left);
  });

  it('puts a gateway and a redirect in front, once each, and leaves other requests alone', async () => {
    await using lapi = await readyLapi();
    lapi.faults.next(gatewayPage(502), undefined, redirectTo('https://elsewhere.invalid/'));
    expect((await ask(lapi, '/v1/decisions')).status).toBe(200);
    const page = await ask(lapi, '/v1/decisions/stream');
    expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect((await pull(lapi)).new).toHaveLength(2);
    expect((await ask(lapi, '/v1/decisions/stream')).headers.get('location')).toBe('https://elsewhere.invalid/');
    expect(lapi.faults.pending).toBe(0);
  });

  it('stands until it is cleared', async () => {
    await using lapi = await readyLapi();
    lapi.faults.always({ kind: 'answer', status: 503, on: ['stream', 'decisions'] });
    for (const path of ['/v1/decisions', '/v1/decisions/stream', '/v1/decisions']) {
      expect((await ask(lapi, path)).status).toBe(503);
    }
    lapi.faults.clear();
    expect((await pull(lapi)).new).toHaveLength(2);
  });

  it('gives a truncated but sound answer without moving last_pull', async () => {
    await using lapi = await readyLapi();
    lapi.faults.next({ kind: 'partial', keep: 1 });
    expect(values((await pull(lapi)).new)).toEqual(['192.0.2.1']);
    expect((await pull(lapi)).new).toHaveLength(2);
  });

  it('loses rows that were committed during a pull from every delta', async () => {
    await using lapi = await readyLapi();
    lapi.faults.next({ kind: 'lose-new', count: 1 });
    expect(values((await pull(lapi)).new)).toEqual(['192.0.2.2']);
    expect((await pull(lapi)).new).toEqual([]);
    expect((await pull(lapi, 'startup=true')).new).toHaveLength(2);
  });

  it('loses a row whose created_at lies before the last pull', async () => {
    await using lapi = await readyLapi();
    await pull(lapi);
    lapi.decisions.add({ value: '192.0.2.3', createdAgo: 1 });
    expect((await pull(lapi)).new).toEqual([]);
    expect((await pull(lapi, 'startup=true')).new).toHaveLength(3);
  });

  it('delays and drips by its own clock', async () => {
    const clock = new ManualClock();
    await using lapi = await readyLapi(clock);
    for (const fault of [
      { kind: 'delay', milliseconds: 10_000 },
      { kind: 'slow', pieces: 4, milliseconds: 2_500 },
    ] satisfies LapiFault[]) {
      lapi.faults.next(fault);
      const before = clock.now();
      const answered = pull(lapi, 'startup=true');
      const progress = { over: false };
      void answered.then(() => (progress.over = true));
      while (!progress.over) {
        if (clock.sleeping > 0) await clock.advance(500);
        else await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await answered).new).toHaveLength(2);
      expect(clock.now() - before).toBe(10_000);
    }
  });

  it('moves last_pull although the client has gone', async () => {
    await using lapi = await readyLapi();
    lapi.faults.next({ kind: 'hang', at: 'headers' });
    const ended = lapi.requests.next();
    const client = new AbortController();
    const response = await ask(lapi, '/v1/decisions/stream', { signal: client.signal });
    expect(response.status).toBe(200);
    client.abort();
    await ended;
    expect((await pull(lapi)).new).toEqual([]);
  });

  it('lets nothing outlive close', async () => {
    const lapi = await readyLapi();
    lapi.faults.next({ kind: 'hang', at: 'request' });
    const asked = pull(lapi);
    const failed = expect(asked).rejects.toThrow();
    while (lapi.requests.all.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await lapi.close();
    await failed;
    expect(lapi.connections()).toBe(0);
  });
});
