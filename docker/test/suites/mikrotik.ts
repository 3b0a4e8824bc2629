import { decisionMix, startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { beforeEach, describe, expect, it } from 'vitest';
import { Container } from '../container.ts';
import type { Engine } from '../engine/engine.ts';
import { hardened, quick } from '../hardened.ts';
import { imageOf } from '../images.ts';
import { lapiBehindTls } from '../lapi-behind-tls.ts';
import { dropListed } from '../paste/ends.ts';
import { quickStart } from '../quick-start.ts';

/** The command of the user's document. Its addresses, secrets, mounted folder and image are replaced, nothing else. */
const documented = `docker run -d --name mikrotik-bouncer --restart=unless-stopped \
-e CROWDSEC_API_URL=https://crowdsec.protected.lan/lapi -e CROWDSEC_BOUNCER_API_KEY=... \
-e MIKROTIK_HOST=192.168.88.1 -e MIKROTIK_USER=crowdsec -e MIKROTIK_PASSWORD=... -e MIKROTIK_TLS=true -e MIKROTIK_BLACKLIST=crowdsec-blocked \
-v /etc/ssl/certs:/etc/ssl/certs:ro IMAGE`;
const list = 'crowdsec-blocked';

/** The MikroTik image as people run it, on the engine's own bridge, against stand-ins on this machine. */
export function mikrotik(engine: () => Engine): void {
  describe('the MikroTik image at work', () => {
    const around = lapiBehindTls(engine);
    let router: RouterOsSandbox;

    beforeEach(async () => {
      const host = engine().hostAddress;
      router = await startRouterOs({ host, tls: await around.store.authority.server({ names: [host] }) });
      return () => router[Symbol.asyncDispose]();
    });

    /** The arguments behind `docker run -d`, with more options before the image and words behind it. */
    function documentedArguments(more: readonly string[] = []): string[] {
      const line = documented
        .replace('docker run -d ', '')
        .replace('https://crowdsec.protected.lan/lapi', around.lapi.url)
        .replace('API_KEY=...', `API_KEY=${around.lapi.key}`)
        .replace('192.168.88.1', `${router.host}:${router.port}`)
        .replace('PASSWORD=...', 'PASSWORD=secret')
        .replace('-v /etc/ssl/certs:', `-v ${around.store.folder}:`)
        .replace(' IMAGE', '');
      return [...line.split(/\s+/), ...more, imageOf('mikrotik')];
    }

    it('is started by the README as by the user, with the page for this machine, after setup', async () => {
      const { asked, options, image } = await quickStart('MikroTik', {
        'https://crowdsec.protected.lan/lapi': around.lapi.url,
        abc123: around.lapi.key,
        '192.168.88.1': `${router.host}:${router.port}`,
        'printed-by-setup': 'secret',
        '-v /etc/ssl/certs': `-v ${around.store.folder}`,
      });
      const page = ['-p', '127.0.0.1:9460:9460'];
      const [name, is, restart, ...others] = documentedArguments();
      expect([...options, image]).toEqual([name, is, restart, ...page, ...others]);
      const [setup = []] = asked;
      const { code, stdout } = await engine().try(['run', '--rm', ...setup]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/\/user add/) as string });
    });

    it("does its work by the user's own command, and comes back after a crash", async () => {
      around.lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
      await using container = await Container.start(engine(), documentedArguments());
      await container.until('the ban is on the router', () => router.addressesOf(list).includes('203.0.113.7'));
      expect(await container.status('Uid')).toMatch(/^65532\b/);
      expect(await container.status('CapEff')).toMatch(/^0+$/);
      router.counters.reset();
      const { State } = await container.inspect();
      const pulls = around.lapi.requests.pulls.length;
      process.kill(State.Pid, 'SIGKILL');
      await container.until('it was started again', async () => (await container.inspect()).RestartCount === 1);
      await container.until('it pulled again', () => around.lapi.requests.pulls.length > pulls);
      expect(router.addressesOf(list)).toEqual(['203.0.113.7']);
      expect(await container.stop()).toBe(0);
      expect(router.addressesOf(list)).toEqual(['203.0.113.7']);
    });

    it('turns healthy without a right, a writable file or a second process', async () => {
      await using container = await Container.start(engine(), documentedArguments([...hardened, ...quick]));
      await container.until('healthy', async () => (await container.inspect()).State.Health?.Status === 'healthy');
      for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        expect(await container.status(set), set).toMatch(/^0+$/);
      expect(await container.status('NoNewPrivs')).toBe('1');
      expect(await container.proc('mountinfo')).toMatch(/^\S+ \S+ \S+ \/\S* \/ ro,/m);
      expect((await container.proc('cmdline')).split('\0').slice(1, -1)).toEqual([
        ...['--max-semi-space-size=1', '--optimize-for-size', '--no-opt', '--no-maglev'],
        ...['/app/main.cjs', 'run'],
      ]);
      expect(await container.stop()).toBe(0);
    });

    it('turns unhealthy when its loop no longer turns', async () => {
      const options = [...quick, '--health-timeout', '1s', '--health-start-period', '0s', '--health-retries', '1'];
      await using container = await Container.start(engine(), documentedArguments(options));
      await container.until('healthy', async () => (await container.inspect()).State.Health?.Status === 'healthy');
      process.kill((await container.inspect()).State.Pid, 'SIGSTOP');
      await container.until('unhealthy', async () => (await container.inspect()).State.Health?.Status === 'unhealthy');
    });

    it.each([
      [15_000, 90],
      [50_000, 128],
    ])(
      'holds %i decisions in 128 MB, and then needs less than %i',
      async (count, limit) => {
        around.lapi.decisions.addMany(decisionMix({ capi: count }));
        await using container = await Container.start(engine(), documentedArguments([...hardened, ...quick]));
        await container.until(`${count} on the router`, () => router.counters.writes >= count, 800);
        around.lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
        await container.until('the next ban is there', () => router.addressesOf(list).includes('203.0.113.7'));
        await container.until('healthy', async () => (await container.inspect()).State.Health?.Status === 'healthy');
        const [now, peak] = [await container.megabytes('VmRSS'), await container.megabytes('VmHWM')];
        const held = router.addressesOf(list).length;
        expect(held).toBe(count + 1);
        // eslint-disable-next-line no-console -- a figure for the reader of the test's output
        console.info(`${held} entries in 128 MB: ${now.toFixed(0)} MB resident now, ${peak.toFixed(0)} MB at the peak`);
        expect(now).toBeLessThan(limit);
        const { State, RestartCount } = await container.inspect();
        expect({ oom: State.OOMKilled, restarts: RestartCount }).toEqual({ oom: false, restarts: 0 });
        expect(await container.stop()).toBe(0);
      },
      900_000,
    );

    it.each(['check', 'plan', 'config', 'sync', 'purge'])('%s works behind the image name', async (command) => {
      dropListed(router, list);
      const args = documentedArguments().filter((word) => !word.startsWith('--restart'));
      const { code, stdout, stderr } = await engine().try(['run', '--rm', ...args, command]);
      expect(stdout + stderr).not.toMatch(/FAIL|sandbox-key|secret/);
      expect(code, stdout + stderr).toBe(0);
    });
  });
}
