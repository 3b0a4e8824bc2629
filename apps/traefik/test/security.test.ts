import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@bouncer/sandbox';
import { securitySuite } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';

for (const mode of ['forwardauth', 'plugin'] as const) {
  securitySuite({
    app: 'traefik',
    connector: kind,
    secrets: [],
    start: async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'traefik-canary-'));
      const port = await freePort();
      return {
        env: {
          TRAEFIK_OUTPUT_DIR: folder,
          TRAEFIK_MODE: mode,
          TRAEFIK_LISTEN: `127.0.0.1:${port}`,
          TRAEFIK_TRUSTED_PROXIES: '192.0.2.1',
        },
        // The plugin asks LAPI itself, so a file beside its settings holds the key.
        folder: { path: folder, intended: mode === 'plugin' ? ['crowdsec-lapi.key'] : [] },
        ports: [port],
        asksLapi: mode !== 'plugin',
        fail: () => {
          chmodSync(folder, 0o500);
        },
        [Symbol.asyncDispose]: () => {
          rmSync(folder, { recursive: true, force: true });
          return Promise.resolve();
        },
      };
    },
  });
}
