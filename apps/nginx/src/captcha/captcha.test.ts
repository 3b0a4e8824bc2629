import { request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Secret, silentLogger } from '@bouncer/target';
import { ManualClock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StandInProvider } from '../../test/captcha-fixture.ts';
import { Attempts } from './attempts.ts';
import { captchaHandler } from './captcha-handler.ts';
import { listenForCaptchas } from './captcha-server.ts';
import { Passes } from './pass.ts';
import { providers } from './provider.ts';
import { returnPath } from './return-path.ts';

describe('a pass', () => {
  const now = 1_790_000_000;
  const passes = new Passes(() => 'secret', 3600);
  const pass = passes.issue('192.0.2.1', now);

  it('counts for its address until its end', () => {
    const left = (address: string, seconds: number) => passes.check(pass, address, now + seconds);
    expect([left('192.0.2.1', 0), left('192.0.2.1', 3599), left('192.0.2.1', 3600)]).toEqual([3600, 1, 0]);
    expect([left('192.0.2.11', 0), left('2001:db8::1', 0)]).toEqual([0, 0]);
  });

  it('counts for nothing once any character of it is another', () => {
    for (let at = 0; at < pass.length; at += 1) {
      const forged = `${pass.slice(0, at)}${pass[at] === '2' ? '3' : '2'}${pass.slice(at + 1)}`;
      expect([forged, passes.check(forged, '192.0.2.1', now)]).toEqual([forged, 0]);
    }
    for (const forged of ['', '1.', `${pass}A`, ` ${pass}`]) expect(passes.check(forged, '192.0.2.1', now)).toBe(0);
  });

  it('ends with the secret that it was made with', () => {
    expect(new Passes(() => 'other', 3600).check(pass, '192.0.2.1', now)).toBe(0);
    expect(new Passes(() => 'secret', 3600).check(pass, '192.0.2.1', now)).toBe(3600);
  });

  it('does not grow longer when the clock is set back, or the time of passes is made shorter', () => {
    expect(passes.check(pass, '192.0.2.1', now - 3600)).toBe(0);
    expect(new Passes(() => 'secret', 60).check(pass, '192.0.2.1', now)).toBe(0);
  });
});

it('attempts are counted by address and minute, and by so many addresses at most', async () => {
  const clock = new ManualClock();
  const attempts = new Attempts(clock, 2);
  expect([1, 2, 3].map(() => attempts.take('a'))).toEqual([true, true, false]);
  expect(attempts.take('b')).toBe(true);
  for (let index = 0; index < 9998; index += 1) attempts.take(`c${index}`);
  expect([attempts.take('d'), attempts.take('b')]).toEqual([false, true]);
  await clock.advance(60_000);
  expect([attempts.take('a'), attempts.take('d')]).toEqual([true, true]);
});

it.each([
  ['/a/b?c=d#e', '/a/b?c=d#e'],
  ['/', '/'],
  [null, '/'],
  ['', '/'],
  ['a', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/a\r\nSet-Cookie: x', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  [`/${'x'.repeat(3000)}`, '/'],
])('the way back of %j is %j', (asked, path) => {
  expect(returnPath(asked)).toBe(path);
});

describe('the connector is asked', () => {
  async function start() {
    const provider = await new StandInProvider().start();
    onTestFinished(() => provider[Symbol.asyncDispose]());
    const folder = mkdtempSync(path.join(tmpdir(), 'captcha-'));
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
      rmSync(folder, { recursive: true });
    });
    const listen = path.join(folder, 'sock');
    const secret = new Secret(provider.secret);
    const more = { siteKey: 'k', secret, expiration: 60, listen, connect: '', verifyUrl: provider.url };
    const clock = new ManualClock();
    const handler = captchaHandler({ ...providers.turnstile, ...more }, clock, silentLogger, stop.signal);
    await listenForCaptchas(listen, handler, stop.signal);
    const ask = (method: string, url: string, headers: Record<string, string>, body = '') =>
      new Promise<number>((resolve, reject) => {
        const call = request({ socketPath: listen, method, path: url, headers, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        call.on('error', reject).end(body);
      });
    return { provider, ask, clock };
  }
  const client = { 'X-Client': '2A01:4F8:0::1' };

  it('strictly', async () => {
    const { ask } = await start();
    expect(await ask('GET', '/pass', {})).toBe(400);
    expect(await ask('GET', '/pass', { 'X-Client': '192.0.2.0/24' })).toBe(400);
    expect(await ask('GET', '/pass', { ...client, 'X-Pass': 'x' })).toBe(403);
    expect(await ask('GET', '/answer', client)).toBe(404);
    expect(await ask('POST', '/answer', client, 'x'.repeat(20_000))).toBe(413);
    expect(await ask('POST', '/answer', client, 'to=/')).toBe(403);
  });

  it('so often in a minute for one address, however it is written', async () => {
    const { ask, provider, clock } = await start();
    const form = 'cf-turnstile-response=guess';
    for (let count = 0; count < 10; count += 1) expect(await ask('POST', '/answer', client, form)).toBe(403);
    expect(await ask('POST', '/answer', { 'X-Client': '2a01:4f8::1' }, form)).toBe(429);
    expect(await ask('POST', '/answer', { 'X-Client': '2a01:4f8::2' }, form)).toBe(403);
    expect(provider.asked).toHaveLength(11);
    await clock.advance(60_000);
    expect(await ask('POST', '/answer', client, 'cf-turnstile-response=solved')).toBe(303);
  });
});
