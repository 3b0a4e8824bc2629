import { startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { chmod, chown, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RealHaproxy } from '../../../apps/haproxy/test/real-haproxy.ts';
import { Container } from '../container.ts';
import type { Engine } from '../engine/engine.ts';
import { hardened, quick } from '../hardened.ts';
import { imageOf } from '../images.ts';
import { lapiBehindTls } from '../lapi-behind-tls.ts';

/** The user of the images. */
const user = 65532;
/** CAP_NET_ADMIN alone, as /proc shows it. */
const netAdmin = '0000000000001000';
const banned = '203.0.113.7';

/** What the image of all kinds and that of HAProxy do on an engine: start, block, turn healthy, stop. */
export function several(engine: () => Engine, without: { nft: string | undefined; haproxy: string | undefined }): void {
  describe('images of several targets and of HAProxy at work', () => {
    const around = lapiBehindTls(engine);
    let router: RouterOsSandbox;
    let folder: string;

    beforeEach(async () => {
      const host = engine().hostAddress;
      router = await startRouterOs({ host, tls: await around.store.authority.server({ names: [host] }) });
      folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-output-'));
      around.lapi.decisions.add({ value: banned, duration: 3600 });
    });
    afterEach(async () => {
      await router[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    const variables = (more: Readonly<Record<string, string>>): string[] =>
      Object.entries({
        CROWDSEC_API_URL: around.lapi.url,
        CROWDSEC_BOUNCER_API_KEY: around.lapi.key,
        MIKROTIK_HOST: `${router.host}:${router.port}`,
        MIKROTIK_USER: 'crowdsec',
        MIKROTIK_PASSWORD: 'secret',
        ...more,
      })
        .flatMap(([name, value]) => ['-e', `${name}=${value}`])
        .concat('-v', `${around.store.folder}:/etc/ssl/certs:ro`);

    const healthy = (container: Container) =>
      container.until('healthy', async () => (await container.inspect()).State.Health?.Status === 'healthy');

    it('crowdsec-bouncer brings a ban to a router and into a folder, without a right, and stops', async () => {
      await chown(folder, user, user);
      await using container = await Container.start(engine(), [
        ...[...hardened, ...quick, ...variables({ TARGETS: 'mikrotik,nginx' }), '-v', `${folder}:/output`],
        imageOf('bouncer'),
      ]);
      await container.until('the ban is on the router', () => router.addressesOf('crowdsec').includes(banned));
      await container.until('the files are there', () =>
        stat(path.join(folder, 'decisions.bin')).then(
          () => true,
          () => false,
        ),
      );
      await healthy(container);
      expect(await container.status('Uid')).toMatch(/^65532\b/);
      expect(await container.status('CapEff')).toMatch(/^0+$/);
      expect(await container.stop()).toBe(0);
      expect(router.addressesOf('crowdsec')).toEqual([banned]);
    });

    it.skipIf(without.nft)(
      `crowdsec-bouncer with the rights that its compose file names blocks in the kernel, too (${without.nft ?? 'ready'})`,
      async () => {
        const compose = await readFile(path.resolve(import.meta.dirname, '../../compose/bouncer.yaml'), 'utf8');
        for (const right of ["user: '0:0'", 'network_mode: host', 'cap_add: [NET_ADMIN]', 'tmpfs: [/run]'])
          expect(compose).toContain(right);
        const rules = () => engine().inNetwork('nft', ['list', 'table', 'inet', 'crowdsec']);
        const rights = ['--user', '0:0', '--network', 'host', '--cap-add', 'NET_ADMIN', '--tmpfs', '/run'];
        await using container = await Container.start(engine(), [
          ...[...hardened, ...quick, ...rights],
          ...variables({ TARGETS: 'mikrotik,firewall', HTTP_LISTEN: '127.0.0.1:9460' }),
          imageOf('bouncer'),
        ]);
        await container.until('the ban is in the kernel', () =>
          rules().then(
            (text) => text.includes(banned),
            () => false,
          ),
        );
        await container.until('the ban is on the router', () => router.addressesOf('crowdsec').includes(banned));
        await healthy(container);
        expect(await container.status('CapEff')).toBe(netAdmin);
        expect(await container.stop()).toBe(0);
        expect(await rules()).toContain(banned);
      },
    );

    it.skipIf(without.haproxy)(
      `crowdsec-haproxy-bouncer fills the ACL of a real HAProxy (${without.haproxy ?? 'ready'})`,
      async () => {
        await using haproxy = new RealHaproxy();
        await haproxy.start();
        await chmod(haproxy.folder, 0o755);
        await chown(path.dirname(haproxy.acl), user, user);
        const { gid } = await stat(haproxy.socket);
        await using container = await Container.start(engine(), [
          ...[...hardened, ...quick, '--group-add', String(gid), ...variables(haproxy.env)],
          ...['-v', `${haproxy.folder}:${haproxy.folder}`, imageOf('haproxy')],
        ]);
        await container.until('the ban is in the ACL', async () => (await haproxy.status(banned)) === 403);
        await healthy(container);
        expect(await haproxy.status('203.0.113.8')).toBe(200);
        expect(await container.status('CapEff')).toMatch(/^0+$/);
        expect(await container.stop()).toBe(0);
        expect(await haproxy.status(banned)).toBe(403);
      },
    );
  });
}
