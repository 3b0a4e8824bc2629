import { freePort } from '@bouncer/sandbox';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileWrites } from './files.ts';
import { ask } from './ask.ts';
import { lookOfStatus } from './stage.ts';
import type { Stage, StageKind } from './stage.ts';

/** Our forward-auth endpoint, asked as Traefik asks it before each request. */
export const traefik: StageKind = {
  missing: () => Promise.resolve(undefined),
  async start(): Promise<Stage> {
    const output = mkdtempSync(path.join(tmpdir(), 'demo-traefik-'));
    // What Traefik reads. The snapshot beside it is the process's own, for a start without LAPI.
    const files = new FileWrites(output, (file) => !file.endsWith('.snapshot'));
    const port = await freePort();
    return {
      what: `forward-auth on port ${port}, asked as Traefik asks`,
      target: { mode: 'forwardauth', output_dir: output, listen: `127.0.0.1:${port}`, trusted_proxies: '127.0.0.1' },
      async look(address) {
        const status = await ask(port, '/v1/forward-auth', {
          'X-Forwarded-For': address,
          'X-Forwarded-Method': 'GET',
          'X-Forwarded-Proto': 'https',
          'X-Forwarded-Host': 'site.example',
          'X-Forwarded-Uri': '/',
        });
        // As Traefik takes it: it lets nobody in whom it cannot ask about.
        return status === undefined
          ? { state: 'unclear', seen: 'no answer: Traefik refuses' }
          : lookOfStatus(status, 'forward-auth');
      },
      writes: () => files.count(),
      [Symbol.asyncDispose]() {
        rmSync(output, { recursive: true, force: true });
        return Promise.resolve();
      },
    };
  },
};
