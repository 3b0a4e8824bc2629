import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryTarget } from '@bouncer/target';
import { runCommandLine } from './command-line.ts';
import { askHealth } from '../doctor/healthcheck.ts';
import { environmentFor, memoryConnector, runCommand, screen, startFakeLapi, testKey } from './testing.ts';
import type { FakeLapi } from './testing.ts';

let lapi: FakeLapi;
beforeEach(async () => {
  lapi = await startFakeLapi();
  lapi.bans.push('203.0.113.7');
});
afterEach(() => lapi[Symbol.asyncDispose]());

describe('run', () => {
  it('is the default, follows the stream, serves its health, and leaves the protection when told to stop', async () => {
    const target = new MemoryTarget();
    const stop = new AbortController();
    const seen = screen({ ...environmentFor(lapi), LOG_FORMAT: 'json' }, stop.signal);
    const ended = runCommandLine(memoryConnector([target]), [], seen.io);
    await seen.shown('written to the device');
    const url = /"url":"http:\/\/127\.0\.0\.1:(\d+)/.exec(seen.stdout());
    expect(await askHealth(`127.0.0.1:${url?.[1] ?? ''}`, 'crowdsec-memory-bouncer')).toMatchObject({ ok: true });
    stop.abort();
    expect(await ended).toBe(0);
    expect([...target.rows.keys()]).toEqual(['203.0.113.7']);
    expect(seen.stdout() + seen.stderr()).not.toContain(testKey);
    for (const line of seen.stdout().trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  it('protects even when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const stop = new AbortController();
    const seen = screen({ ...environmentFor(lapi), HTTP_LISTEN: `127.0.0.1:${port}` }, stop.signal);
    const ended = runCommandLine(memoryConnector(), ['run'], seen.io);
    await seen.shown('written to the device');
    expect(seen.stdout()).toMatch(/"level":"warn".*EADDRINUSE.*HTTP_LISTEN/);
    stop.abort();
    expect(await ended).toBe(0);
    other.close();
  });
});

describe('a dry run', () => {
  it('holds nothing, says so, and is ready for nothing', async () => {
    const target = new MemoryTarget();
    const stop = new AbortController();
    const env = { ...environmentFor(lapi), DRY_RUN: 'true', LOG_FORMAT: 'json', CROWDSEC_UPDATE_FREQUENCY: '1s' };
    const seen = screen(env, stop.signal);
    const ended = runCommandLine(memoryConnector([target]), ['run'], seen.io);
    await seen.shown('dry run: this would be written');
    const url = /"url":"(http:[^"]+)"/.exec(seen.stdout())?.[1] ?? '';
    await expect
      .poll(async () => (await fetch(`${url}status.json`)).json())
      .toMatchObject({
        verdict: 'dry-run',
        reasons: ['memory: dry run, nothing is written'],
        blocked: 0,
        wanted: 1,
        targets: [{ state: 'dry-run', held: 0, desired: 1 }],
      });
    expect((await fetch(`${url}readyz`)).status).toBe(503);
    expect(await (await fetch(`${url}lookup.json?ip=203.0.113.7`)).json()).toMatchObject({
      blocked: false,
      leftOut: 'dry run, nothing is written',
    });
    expect(target.rows.size).toBe(0);
    stop.abort();
    expect(await ended).toBe(0);
  });
});

describe('healthcheck', () => {
  it.each([
    ['{"type":"crowdsec-nginx-bouncer","status":"ok"}', 'is answered by another connector (crowdsec-nginx-bouncer)'],
    ['{"status":"ok"}', 'is answered by another program'],
    ['ok', 'is answered by another program'],
  ])('takes no health from another: %s', async (body, words) => {
    const other = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const env = { ...environmentFor(lapi), HTTP_LISTEN: `127.0.0.1:${port}` };
    const { code, stderr } = await runCommand(['healthcheck'], env);
    other.close();
    expect([code, stderr]).toEqual([1, expect.stringContaining(words) as string]);
  });

  it('fails when nothing answers', async () => {
    const { code, stderr } = await runCommand(['healthcheck'], { ...environmentFor(lapi), HTTP_LISTEN: '127.0.0.1:1' });
    expect(code).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:1/healthz: connect ECONNREFUSED');
  });

  it('passes, and says why, when there is nothing to ask', async () => {
    const result = await runCommand(['healthcheck'], { ...environmentFor(lapi), HTTP_LISTEN: 'off' });
    expect(result).toEqual({ code: 0, stdout: 'not asked: HTTP_LISTEN is off\n', stderr: '' });
  });
});
