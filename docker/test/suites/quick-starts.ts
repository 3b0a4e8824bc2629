import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pfSenseMissing, selfSigned, startPfSense, startRouterOs } from '@bouncer/sandbox';
import { beforeEach, describe, expect, it } from 'vitest';
import { RealNginx } from '../../../apps/nginx/test/real-nginx.ts';
import type { Engine } from '../engine/engine.ts';
import { lapiBehindTls } from '../lapi-behind-tls.ts';
import { Desk } from '../paste/desk.ts';
import { blocksUnder, bridgeOf, dropListed, endsBlocked, pinIn } from '../paste/ends.ts';
import { HaproxyOfDesk } from '../paste/haproxy.ts';

const withoutPfSense = await pfSenseMissing();
const readme = await readFile(path.resolve(import.meta.dirname, '../../../README.md'), 'utf8');
const list = 'crowdsec-blocked';
/** Banned before the first block of a quick start, and before its compose block. */
const [first, second] = ['203.0.113.7', '203.0.113.8'];

/** A line that the README has people put into a file of theirs. */
function lineInReadme(pattern: RegExp): string {
  const [, line] = pattern.exec(readme) ?? [];
  if (line === undefined) throw new Error(`the README has no ${pattern.source}`);
  return line;
}

/**
 * The quick starts of the README, each pasted from its first block to its last, `docker run` and compose, as printed. Put in
 * place are LAPI's address and the device's, as the README has its reader do; the key and the password are its own.
 */
export function quickStarts(
  engine: () => Engine,
  without: Readonly<Record<'nft' | 'nginx' | 'haproxy', string | undefined>>,
): void {
  describe('a quick start of the README, pasted from top to bottom', { timeout: 900_000 }, () => {
    const around = lapiBehindTls(engine);
    beforeEach(() => {
      around.lapi.bouncers.add('my-router', 'abc123');
      ban(first);
    });
    const ban = (value: string): void => void around.lapi.decisions.add({ value, duration: 3600 });
    const open = (values: Readonly<Record<string, string>>, ...places: readonly string[]): Promise<Desk> =>
      Desk.open(
        engine(),
        { 'https://crowdsec.protected.lan/lapi': around.lapi.url, ...values },
        { '/etc/ssl/certs': around.store.folder, ...Object.fromEntries(places.map((place) => [place, undefined])) },
      );

    it('MikroTik, with what docs/docker.md asks it', async () => {
      const host = engine().hostAddress;
      await using router = await startRouterOs({ host, tls: await selfSigned({ names: [host] }) });
      router.setPassword('crowdsec', 'printed-by-setup');
      dropListed(router, list);
      const blocked = (address: string) => () => router.addressesOf(list).includes(address);
      await using desk = await open({ '192.168.88.1': `${router.host}:${router.port}` });
      const [setup = '', start = '', compose = '', ...more] = await blocksUnder('README.md', 'Quick start: MikroTik');
      expect(more).toEqual([]);

      expect(await desk.paste(setup)).toContain('/user add');
      const pin = pinIn((await desk.try(setup.replace(/ setup$/m, ' check'))).stdout);
      await desk.paste(start.replace('docker run -d ', `docker run -d -e ${pin} `));
      await desk.until('the ban is on the router', blocked(first));
      const [ask = ''] = await blocksUnder('docs/docker.md', 'Ask it');
      const [, now = '', follow = ''] = /^([^]*\n)(docker logs .*)\n$/.exec(ask) ?? [];
      const answers = await desk.paste(now);
      expect(answers).toContain('MIKROTIK_HOST');
      expect(answers).not.toMatch(/abc123|printed-by-setup/);
      // It ends with the container.
      const followed = desk.paste(follow);
      await endsBlocked(desk, 'mikrotik-bouncer', blocked(first));
      expect(await followed).toContain(first);

      ban(second);
      await desk.paste(compose.replace('docker compose', `${pin} docker compose`));
      await endsBlocked(desk, 'compose-mikrotik-bouncer-1', blocked(second));
    });

    it.skipIf(withoutPfSense)(`pfSense (${withoutPfSense ?? 'ready'})`, async () => {
      await using firewall = await startPfSense({ host: engine().hostAddress });
      const blocked = (address: string) => () => firewall.entriesOf()?.includes(address) === true;
      await using desk = await open({
        'ssh-keyscan 192.168.1.1': `ssh-keyscan -p ${firewall.port} ${firewall.host}`,
        '192.168.1.1': `${firewall.host}:${firewall.port}`,
      });
      const [setup = '', start = '', compose = '', ...more] = await blocksUnder('README.md', 'Quick start: pfSense');
      expect(more).toEqual([]);

      const said = await desk.paste(setup);
      expect(said).toContain(firewall.hostKeyFingerprint);
      const [line = ''] = /^restrict,command=.*(?= <)/m.exec(said) ?? [];
      firewall.setKeys('admin', [`${line} ${await desk.paste('cat crowdsec-key.pub')}`.trim()]);
      await desk.paste(start);
      await endsBlocked(desk, 'pfsense-bouncer', blocked(first));

      ban(second);
      await desk.paste(compose);
      await endsBlocked(desk, 'compose-pfsense-bouncer-1', blocked(second));
    });

    it.skipIf(without.nginx)(`NGINX (${without.nginx ?? 'ready'})`, async () => {
      await using nginx = new RealNginx();
      await using desk = await open({}, '/etc/nginx');
      const [start = '', compose = '', ...more] = await blocksUnder('README.md', 'Quick start: NGINX');
      expect(more).toEqual([]);
      const blocked = (address: string) => async () => (await nginx.status(address)) === 403;

      await desk.paste(start);
      const file = path.join(desk.at('/etc/nginx'), 'crowdsec/crowdsec.conf');
      await desk.until('its files are there', () => existsSync(file));
      await nginx.configure({
        http: lineInReadme(/the line `(include [^`]+)` into NGINX's `http` block/),
        launcher: engine().inMounts,
      });
      await nginx.start();
      await endsBlocked(desk, 'nginx-bouncer', blocked(first));
      expect(await nginx.status('203.0.113.9')).toBe(200);

      ban(second);
      await desk.paste(compose);
      await endsBlocked(desk, 'compose-nginx-bouncer-1', blocked(second));
    });

    it('Traefik', async () => {
      await using desk = await open({ '172.18.0.0/16': await bridgeOf(engine()) }, '/srv');
      const [start = '', compose = '', ...more] = await blocksUnder('README.md', 'Quick start: Traefik');
      expect(more).toEqual([]);
      // The plugin asks LAPI itself: what it needs for that are these two, and what they say.
      const written = async (): Promise<boolean> => {
        const [text, key] = await Promise.all(
          ['crowdsec.yml', 'crowdsec-lapi.key'].map((name) =>
            readFile(path.join(desk.at('/srv'), 'traefik/dynamic', name), 'utf8').catch(() => ''),
          ),
        );
        return text?.includes('/etc/traefik/dynamic/crowdsec-lapi.key') === true && key?.trim() === 'abc123';
      };
      await desk.paste(start);
      await endsBlocked(desk, 'traefik-bouncer', written, 'partly');
      await desk.paste(compose);
      await endsBlocked(desk, 'compose-traefik-bouncer-1', written, 'partly');

      const mode = lineInReadme(/With `(-e TRAEFIK_MODE=forwardauth -e TRAEFIK_TRUSTED_PROXIES=[^`]+)`/);
      await desk.paste(start.replace('docker run -d ', `docker run -d ${mode} `));
      const refused = (address: string) => async () => (await desk.forwardAuth('traefik-bouncer', address)) === 403;
      await desk.until('a proxy is told of the ban', refused(first));
      expect(await refused(second)()).toBe(false);
      await desk.verdict('protecting');
    });

    it.skipIf(without.haproxy)(`HAProxy (${without.haproxy ?? 'ready'})`, async () => {
      await using desk = await open({}, '/etc/haproxy', '/run/haproxy');
      await using haproxy = await HaproxyOfDesk.start(desk, engine().inMounts);
      const [start = '', compose = '', ...more] = await blocksUnder('README.md', 'Quick start: HAProxy');
      expect(more).toEqual([]);
      const blocked = (address: string) => async () => (await haproxy.status(address)) === 403;

      await desk.paste(start);
      await haproxy.reloadWith(lineInReadme(/`(http-request deny if \{[^`]+\})`/));
      await endsBlocked(desk, 'haproxy-bouncer', blocked(first));
      expect(await haproxy.status('203.0.113.9')).toBe(200);

      ban(second);
      await desk.paste(compose);
      await endsBlocked(desk, 'compose-haproxy-bouncer-1', blocked(second));
    });

    it.skipIf(without.nft)(`the Linux firewall (${without.nft ?? 'ready'})`, async () => {
      await using desk = await open({});
      const [start = '', compose = '', ...more] = await blocksUnder('README.md', 'Quick start: the Linux firewall');
      expect(more).toEqual([]);
      const blocked = (address: string) => async () => {
        const { stdout } = await engine().onHost('nft', ['list', 'table', 'inet', 'crowdsec']);
        return stdout.includes(address);
      };
      await desk.paste(start);
      await endsBlocked(desk, 'firewall-bouncer', blocked(first));
      ban(second);
      await desk.paste(compose);
      await endsBlocked(desk, 'compose-firewall-bouncer-1', blocked(second));
      await engine().inNetwork('nft', ['delete', 'table', 'inet', 'crowdsec']);
    });
  });
}
