import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { securitySuite } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';

for (const mode of ['lua', 'stock'] as const) {
  securitySuite({
    app: 'nginx',
    connector: kind,
    secrets: [],
    start: () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'nginx-canary-'));
      return Promise.resolve({
        env: { NGINX_OUTPUT_DIR: folder, NGINX_MODE: mode },
        // The official bouncer asks LAPI itself, so its settings hold the key.
        folder: { path: folder, intended: mode === 'stock' ? ['crowdsec-nginx-bouncer.conf'] : [] },
        asksLapi: mode !== 'stock',
        fail: () => {
          chmodSync(folder, 0o500);
        },
        [Symbol.asyncDispose]: () => {
          rmSync(folder, { recursive: true, force: true });
          return Promise.resolve();
        },
      });
    },
  });
}
