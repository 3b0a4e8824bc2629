import { request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Secret, silentLogger } from '@bouncer/target';
import { ManualClock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StandInProvider } from '@bouncer/sandbox';
import { providers } from '@bouncer/target/captcha';
import { captchaHandler } from './captcha-handler.ts';
import { listenForCaptchas } from './captcha-server.ts';

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
    const pages = { cookieDomain: undefined, pageFile: undefined };
    const more = { siteKey: 'k', secret, expiration: 60, listen, connect: '', verifyUrl: provider.url, ...pages };
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
  const host = { 'X-Host': 'a.test' };
  const client = { ...host, 'X-Client': '2A01:4F8:0::1' };

  it('strictly', async () => {
    const { ask } = await start();
    expect(await ask('GET', '/pass', {})).toBe(400);
    expect(await ask('GET', '/pass', { ...host, 'X-Client': '192.0.2.0/24' })).toBe(400);
    expect(await ask('GET', '/pass', { 'X-Client': '192.0.2.1' })).toBe(400);
    expect(await ask('GET', '/pass', { ...client, 'X-Host': 'a b' })).toBe(400);
    expect(await ask('GET', '/pass', { ...client, 'X-Pass': 'x' })).toBe(403);
    expect(await ask('GET', '/answer', client)).toBe(404);
    expect(await ask('POST', '/answer', client, 'x'.repeat(20_000))).toBe(413);
    expect(await ask('POST', '/answer', client, 'to=/')).toBe(403);
  });

  it('so often in a minute for one address, however it is written', async () => {
    const { ask, provider, clock } = await start();
    const form = 'cf-turnstile-response=guess';
    for (let count = 0; count < 10; count += 1) expect(await ask('POST', '/answer', client, form)).toBe(403);
    expect(await ask('POST', '/answer', { ...host, 'X-Client': '2a01:4f8::1' }, form)).toBe(429);
    expect(await ask('POST', '/answer', { ...host, 'X-Client': '2a01:4f8::2' }, form)).toBe(403);
    expect(provider.asked).toHaveLength(11);
    await clock.advance(60_000);
    expect(await ask('POST', '/answer', client, 'cf-turnstile-response=solved')).toBe(303);
  });
});
