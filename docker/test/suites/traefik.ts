import { until } from '@bouncer/sandbox';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { RealNginx } from '../../../apps/nginx/test/real-nginx.ts';
import { Container } from '../container.ts';
import type { Engine } from '../engine/engine.ts';
import { must } from '../engine/run.ts';
import { hardened, quick } from '../hardened.ts';
import { lapiBehindTls } from '../lapi-behind-tls.ts';
import { quickStart } from '../quick-start.ts';

/** The Traefik image by the README's own block: what it writes, and what it answers to a proxy that asks it. */
export function traefik(engine: () => Engine, missing: string | undefined): void {
  describe('the Traefik image at work', () => {
    const around = lapiBehindTls(engine);
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-traefik-'));
      around.lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
      return () => rm(folder, { recursive: true });
    });

    async function start(...more: string[]): Promise<Container> {
      const { before, options, image } = await quickStart('Traefik', {
        'https://crowdsec.protected.lan/lapi': around.lapi.url,
        abc123: around.lapi.key,
        '/srv/traefik/dynamic': folder,
        '-v /etc/ssl/certs': `-v ${around.store.folder}`,
      });
      for (const line of before) await must('sh', ['-c', line]);
      return Container.start(engine(), [...options, ...hardened, ...quick, ...more, image]);
    }

    it('writes the configuration of the plugin, by the block of the README', async () => {
      await using container = await start();
      await container.until('healthy', async () => (await container.inspect()).State.Health?.Status === 'healthy');
      const files = ['crowdsec.yml', 'crowdsec-lapi.key'].map((name) => path.join(folder, name));
      await container.until('its files are there', () => files.every((file) => existsSync(file)));
      const written = await readFile(path.join(folder, 'crowdsec.yml'), 'utf8');
      expect(written).toContain('/etc/traefik/dynamic/crowdsec-lapi.key');
      expect(written).toContain(new URL(around.lapi.url).host);
      expect((await readFile(path.join(folder, 'crowdsec-lapi.key'), 'utf8')).trim()).toBe(around.lapi.key);
      expect(await container.status('Uid')).toMatch(/^65532\b/);
      expect(await container.stop()).toBe(0);
    });

    it.skipIf(missing !== undefined)(`decides for a proxy that asks it (${missing ?? 'a real one'})`, async () => {
      const asks = ['-e', 'TRAEFIK_MODE=forwardauth', '-e', 'TRAEFIK_TRUSTED_PROXIES=198.18.0.0/15'];
      await using container = await start(...asks, '--publish', '9461:9461');
      const address = `http://${engine().address}:9461/v1/forward-auth`;
      await container.until('it answers', () =>
        fetch(address).then(
          () => true,
          () => false,
        ),
      );
      await using server = new RealNginx();
      const ask = `location = /crowdsec { internal; proxy_pass ${address}; proxy_pass_request_body off;
        proxy_set_header Content-Length ""; proxy_set_header X-Forwarded-For $remote_addr; }`;
      await server.configure({ server: `auth_request /crowdsec; ${ask}` });
      await server.start();
      await until('who is banned is refused', async () => (await server.status('203.0.113.7')) === 403, 30);
      expect(await server.status('203.0.113.8')).toBe(200);
      around.lapi.decisions.add({ value: '203.0.113.0/28', scope: 'Range', duration: 3600 });
      await until('a range counts as well', async () => (await server.status('203.0.113.8')) === 403, 30);
      expect(await container.stop()).toBe(0);
    });
  });
}
