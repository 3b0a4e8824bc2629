import { startLapi } from '@bouncer/sandbox';
import type { LapiSandbox } from '@bouncer/sandbox';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RealNginx } from '../../../apps/nginx/test/real-nginx.ts';
import { makeStore } from '../certificates.ts';
import type { Store } from '../certificates.ts';
import { Container } from '../container.ts';
import type { Engine } from '../engine/engine.ts';
import { must } from '../engine/run.ts';
import { hardened, quick } from '../hardened.ts';
import { quickStart } from '../quick-start.ts';

/** The NGINX image by the README's own block, beside a real NGINX on this machine with which it shares one folder. */
export function nginx(engine: () => Engine, missing: string | undefined): void {
  describe.skipIf(missing !== undefined)(`the NGINX image at work (${missing ?? 'ready'})`, () => {
    let store: Store;
    let lapi: LapiSandbox;

    beforeAll(async () => {
      store = await makeStore();
    });
    afterAll(() => store[Symbol.asyncDispose]());
    beforeEach(async () => {
      const host = engine().hostAddress;
      lapi = await startLapi({ host, tls: await store.authority.server({ names: [host] }), prefix: '/lapi' });
      lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
      return () => lapi.close();
    });

    const blockFor = (folder: string) =>
      quickStart('NGINX', {
        'https://crowdsec.protected.lan/lapi': lapi.url,
        abc123: lapi.key,
        '/etc/nginx/crowdsec': folder,
        '-v /etc/ssl/certs': `-v ${store.folder}`,
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
      lapi.decisions.add({ value: '203.0.113.8', duration: 3600 });
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
