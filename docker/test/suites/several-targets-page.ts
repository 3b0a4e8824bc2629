import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { beforeEach, describe, expect, it } from 'vitest';
import { blocksOf } from '../blocks.ts';
import type { Engine } from '../engine/engine.ts';
import { lapiBehindTls } from '../lapi-behind-tls.ts';
import { Desk } from '../paste/desk.ts';
import { blocksUnder, bridgeOf, dropListed } from '../paste/ends.ts';

const page = 'docs/several-targets.md';
const yaml = (await blocksOf(page)).find(({ language }) => language === 'yaml')?.code ?? '';
/** A ban; one that everybody's allowlist holds; one that Traefik's alone holds; a captcha, which Traefik alone takes. */
const [ban, nobodys, notTraefiks, captcha] = ['203.0.113.7', '192.0.2.9', '198.51.100.9', '203.0.113.66'];
const list = 'crowdsec';
const name = 'crowdsec-bouncer';

/** docs/several-targets.md with its own file and blocks, on the image of all kinds. */
export function severalTargetsPage(engine: () => Engine): void {
  describe('docs/several-targets.md', { timeout: 900_000 }, () => {
    const around = lapiBehindTls(engine);
    let office: RouterOsSandbox;
    let branch: RouterOsSandbox;
    beforeEach(async () => {
      const host = engine().hostAddress;
      const tls = await around.store.authority.server({ names: [host] });
      office = await startRouterOs({ host, tls });
      branch = await startRouterOs({ host, tls });
      for (const router of [office, branch]) {
        router.setPassword('crowdsec', 'printed-by-setup');
        dropListed(router, list);
      }
      around.lapi.bouncers.add('all', 'abc123');
      for (const value of [ban, nobodys, notTraefiks]) around.lapi.decisions.add({ value, duration: 3600 });
      around.lapi.decisions.add({ value: captcha, duration: 3600, type: 'captcha' });
      return async () => {
        await office.close();
        await branch.close();
      };
    });

    /** Polls every second: nobody waits for a test. */
    const quick = (code: string): string =>
      code.replace('docker run -d ', 'docker run -d -e CROWDSEC_UPDATE_FREQUENCY=1s ');
    const open = async (): Promise<Desk> => {
      const values = {
        'https://crowdsec.protected.lan/lapi': around.lapi.url,
        '192.168.88.1': `${office.host}:${office.port}`,
        '10.0.0.1': `${branch.host}:${branch.port}`,
        // Who asks instead of Traefik is the machine itself.
        '172.18.0.2': await bridgeOf(engine()),
      };
      const desk = await Desk.open(engine(), values, { '/etc/ssl/certs': around.store.folder });
      let text = yaml;
      for (const [example, value] of Object.entries(values)) text = text.replaceAll(example, value);
      await writeFile(path.join(desk.home, 'crowdsec-bouncer.yaml'), text);
      return desk;
    };
    const inspect = (format: string): Promise<string> => engine().docker(['inspect', '--format', format, name]);
    /** What NGINX would read of that address: least byte first. */
    const inNginx = async (address: string): Promise<boolean> => {
      const volume = await engine().docker(['volume', 'inspect', '--format', '{{.Mountpoint}}', 'nginx-crowdsec']);
      const file = await readFile(path.join(volume, 'decisions.bin'), 'latin1').catch(() => '');
      return file.includes(Buffer.from(address.split('.').map(Number).reverse()).toString('latin1'));
    };
    it('by the file: each target has what it is to have, and one that is away disturbs no other', async () => {
      await using desk = await open();
      const [start = '', ...more] = await blocksUnder(page, 'By a YAML file');
      expect(more).toEqual([]);
      await desk.paste(quick(start));
      await desk.until('the router has its bans', () => office.addressesOf(list).length > 0);
      await desk.until('NGINX has its bans', () => inNginx(ban));
      await desk.until('Traefik is told of its bans', async () => (await desk.forwardAuth(name, ban)) === 403);
      await desk.verdict('partly');
      expect((await desk.page())?.reasons).toContainEqual(expect.stringMatching(/^branch: dry run/));

      expect(office.addressesOf(list).sort()).toEqual([notTraefiks, ban].sort());
      expect(branch.addressesOf(list)).toEqual([]);
      expect(branch.counters.writes).toBe(0);
      const nginx = await Promise.all([ban, nobodys, notTraefiks, captcha].map(inNginx));
      expect(nginx).toEqual([true, false, true, false]);
      const traefik = await Promise.all(
        [ban, nobodys, notTraefiks, captcha].map((address) => desk.forwardAuth(name, address)),
      );
      expect(traefik).toEqual([403, 204, 204, 403]);
      const states = async () => (await desk.page())?.targets.map((each) => `${each.name} ${each.state}`);
      expect(await states()).toEqual(['office in-step', 'branch dry-run', 'nginx in-step', 'traefik in-step']);

      await office.refuse();
      around.lapi.decisions.add({ value: '203.0.113.8', duration: 3600 });
      await desk.until('NGINX has the next ban', () => inNginx('203.0.113.8'));
      await desk.until(
        'Traefik is told of the next ban',
        async () => (await desk.forwardAuth(name, '203.0.113.8')) === 403,
      );
      await desk.until('it is told who is away', async () => (await states())?.includes('office away') === true);
      expect(await states()).toEqual(['office away', 'branch dry-run', 'nginx in-step', 'traefik in-step']);
      await office.listen();
      await desk.until('the router has it as well', () => office.addressesOf(list).includes('203.0.113.8'));
      expect(branch.counters.writes).toBe(0);
    });

    it('with a mode in which another program asks LAPI it is refused', async () => {
      await using desk = await open();
      const file = path.join(desk.home, 'crowdsec-bouncer.yaml');
      await writeFile(file, (await readFile(file, 'utf8')).replace('mode: forwardauth', 'mode: plugin'));
      const [start = ''] = await blocksUnder(page, 'By a YAML file');
      const { code, stderr } = await desk.try(start.replace(/docker run -d .* -p \S+/, 'docker run --rm'));
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(/traefik.*another program asks LAPI/) as string,
      });
      expect(around.lapi.requests.all).toEqual([]);
    });

    it('by the environment', async () => {
      await using desk = await open();
      const [start = '', ...more] = await blocksUnder(page, 'By the environment');
      expect(more).toEqual([]);
      await desk.paste(quick(start));
      await desk.until('the router has its bans', () => office.addressesOf(list).includes(ban));
      await desk.until('NGINX has its bans', () => inNginx(ban));
      // Nothing else is said than that NGINX is not seen from here.
      await desk.verdict('protecting');
      expect((await desk.page())?.reasons).toEqual([expect.stringMatching(/^nginx: whether NGINX reads this list/)]);
      await desk.paste('docker stop crowdsec-bouncer');
      expect(await inspect('{{.State.ExitCode}}')).toBe('0');
      expect(office.addressesOf(list)).toContain(ban);
    });
  });
}
