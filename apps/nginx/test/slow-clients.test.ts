import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Secret, silentLogger } from '@bouncer/target';
import { providers } from '@bouncer/target/captcha';
import { slowClientSuite } from '@bouncer/testkit';
import { ManualClock } from '@bouncer/stream';
import { onTestFinished } from 'vitest';
import { captchaHandler } from '../src/captcha/captcha-handler.ts';
import { listenForCaptchas } from '../src/captcha/captcha-server.ts';

slowClientSuite({
  name: 'the captcha server',
  path: '/pass',
  headers: { 'X-Client': '192.0.2.1', 'X-Host': 'a.test', 'X-Pass': 'x' },
  // No pass: that is a good answer.
  status: 403,
  bodyPath: '/answer',
  keepsAlive: false,
  async open(limits) {
    const folder = mkdtempSync(path.join(tmpdir(), 'slow-'));
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
      rmSync(folder, { recursive: true });
    });
    const listen = path.join(folder, 'sock');
    const options = { siteKey: 'k', secret: new Secret('s'), expiration: 60, listen, connect: '' } as const;
    const pages = { cookieDomain: undefined, pageFile: undefined };
    const handler = captchaHandler(
      { ...providers.turnstile, ...options, ...pages },
      new ManualClock(),
      silentLogger,
      stop.signal,
    );
    await listenForCaptchas(listen, handler, stop.signal, limits);
    return { place: { path: listen } };
  },
});
