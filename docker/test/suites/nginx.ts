import { existsSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { RealNginx } from '../../../apps/nginx/test/real-nginx.ts';
import { Container } from '../container.ts';
import type { Engine } from '../engine/engine.ts';
import { must } from '../engine/run.ts';
import { hardened, quick } from '../hardened.ts';
import { lapiBehindTls } from '../lapi-behind-tls.ts';
import { quickStart } from '../quick-start.ts';

/** The NGINX image by the README's own block, beside a real NGINX on this machine with which it shares one folder. */
export function nginx(engine: () => Engine, missing: string | undefined): void {
  describe.skipIf(missing !== undefined)(`the NGINX image at work (${missing ?? 'ready'})`, () => {
    const around = lapiBehindTls(engine);

    beforeEach(() => {
      around.lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
    });

    const blockFor = (folder: string) =>
      quickStart('NGINX', {
        'https://crowdsec.protected.lan/lapi': around.lapi.url,
        abc123: around.lapi.key,
        '/etc/nginx/crowdsec': folder,
        '-v /etc/ssl/certs': `-v ${around.store.folder}`,
      });

    it('has a real NGINX refuse who is banned, by the block of the README', async () => {
      await using server = new RealNginx();
      const { before, options, image } = await blockFor(server.output);
      for (const line of before) await must('sh', ['-c', line]);
      await using container = await Container.start(engine(), [...options, ...hardened, ...quick, image]);
      await container.until('healthy', async () => (await container.inspect()).State.Health?.Status === 'healthy');
      await container.until('its files are there', () => existsSync(`${server.output}/decisions.bin`));
      await server.configure({ http: `include ${server.output}/crowdsec.conf;` });
      await server.start();
      await server.everyWorker('203.0.113.7', 403);
      expect(await server.status('203.0.113.8')).toBe(200);
      around.lapi.decisions.add({ value: '203.0.113.8', duration: 3600 });
      await server.everyWorker('203.0.113.8', 403);
      expect(await container.status('Uid')).toMatch(/^65532\b/);
      expect(await container.status('CapEff')).toMatch(/^0+$/);
      expect(await container.stop()).toBe(0);
      expect(await server.status('203.0.113.8')).toBe(403);
    });

    it('says what to do about a folder that Docker made for root, and that helps', async () => {
      await using server = new RealNginx();
      const folder = `${server.output}/made-by-docker`;
      const { options, image } = await blockFor(folder);
      await using container = await Container.start(engine(), [...options, ...hardened, ...quick, image]);
      await container.until('the fix is told', async () => (await container.logs()).includes('chown 65532'));
      await must('chown', ['65532', folder]);
      await engine().docker(['restart', container.id]);
      await container.until('its files are there', () => existsSync(`${folder}/decisions.bin`));
    });
  });
}
