import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startLapi } from '@bouncer/sandbox';
import { expect, it, onTestFinished, vi } from 'vitest';
import { runHere } from './run-here.ts';

it('check says what it cannot see where no NGINX is beside it', async () => {
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  lapi.decisions.add({ value: '45.83.64.1', duration: 3600 });
  const folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  });
  vi.stubEnv('PATH', folder);
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    NGINX_OUTPUT_DIR: folder,
    HTTP_LISTEN: 'off',
  };
  expect((await runHere('sync', env)).code).toBe(0);
  const { code, stdout } = await runHere('check', env);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^warn configuration of nginx not visible from here .*\n  fix: /m);
  expect(stdout).not.toMatch(/^ok (include|other handlers|running)/m);
});
