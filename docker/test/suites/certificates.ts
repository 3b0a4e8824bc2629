import { startLapi } from '@bouncer/sandbox';
import { chmod } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { makeStore } from '../certificates.ts';
import type { Store } from '../certificates.ts';
import type { Engine } from '../engine/engine.ts';
import { hardened } from '../hardened.ts';
import { imageOf } from '../images.ts';

/** What a mounted /etc/ssl/certs counts for in the shipped Node, for the user of the image. */
export function certificates(engine: () => Engine): void {
  describe('the mounted /etc/ssl/certs', () => {
    /** The line of `check` about TLS, and the error of a pull. */
    async function said(
      store: Store,
      mounted = store.folder,
    ): Promise<{ readonly check: string; readonly run: string }> {
      const host = engine().hostAddress;
      await using lapi = await startLapi({ host, tls: await store.authority.server({ names: [host] }) });
      const options = [
        ...['run', '--rm', ...hardened, '-v', `${mounted}:/etc/ssl/certs:ro`],
        ...['-e', `CROWDSEC_API_URL=${lapi.url}`, '-e', `CROWDSEC_BOUNCER_API_KEY=${lapi.key}`],
        ...['-e', 'TRAEFIK_MODE=forwardauth', '-e', 'TRAEFIK_TRUSTED_PROXIES=172.18.0.2', imageOf('traefik')],
      ];
      const [check, sync] = await Promise.all([
        engine().try([...options, 'check']),
        engine().try([...options, 'plan']),
      ]);
      const [, line = ''] = /^((?:ok|FAIL) +tls .*\n(?: +fix.*\n|fix.*\n)?)/m.exec(check.stdout) ?? [];
      return { check: line || check.stdout + check.stderr, run: sync.stdout + sync.stderr };
    }

    it.each(['bundle', 'hashed'] as const)('counts as a %s', async (kind) => {
      await using store = await makeStore(kind);
      const { check, run } = await said(store);
      expect(check).toMatch(/^ok +tls/);
      expect(run).not.toContain('tls:');
    });

    it('says that the user of the image may not read it', async () => {
      await using store = await makeStore();
      await chmod(store.folder, 0o700);
      const { check, run } = await said(store);
      expect(check).toMatch(/^FAIL +tls/);
      for (const text of [check, run]) {
        expect(text).toContain('the user id 65532 may not read /etc/ssl/certs: run `chmod -R a+rX`');
      }
    });

    it('says that its links lead out of it', async () => {
      await using store = await makeStore('linked');
      const { check, run } = await said(store);
      for (const text of [check, run]) expect(text).toContain('leads to /etc/pki/ca-trust/extracted/pem');
    });
  });
}
