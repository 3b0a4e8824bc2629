import { startLapi } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { Container } from '../container.ts';
import type { Engine } from '../engine/engine.ts';
import { quickStart } from '../quick-start.ts';

/** CAP_NET_ADMIN alone, as /proc shows it. */
const netAdmin = '0000000000001000';

/** The firewall image at work in the kernel, on the network that the engine's containers take for the host's. */
export function firewall(engine: () => Engine, missing: string | undefined): void {
  describe.skipIf(missing !== undefined)(`the firewall image at work (${missing ?? 'ready'})`, () => {
    it('blocks as root with one capability and nothing to write to, and leaves the block when it stops', async () => {
      await using lapi = await startLapi({ host: engine().hostAddress });
      lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
      const rules = (): Promise<string> => engine().inNetwork('nft', ['list', 'table', 'inet', 'crowdsec']);
      const values = { 'https://crowdsec.protected.lan/lapi': lapi.url, abc123: lapi.key };
      const { options, image } = await quickStart('the Linux firewall', values);
      await using container = await Container.start(engine(), [
        ...[...options, '--read-only', '--security-opt', 'no-new-privileges', '--memory', '128m'],
        ...['--health-interval', '1s', image],
      ]);
      await container.until('the ban is in the kernel', () =>
        rules().then(
          (text) => text.includes('203.0.113.7'),
          () => false,
        ),
      );
      await container.until('healthy', async () => (await container.inspect()).State.Health?.Status === 'healthy');
      for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(await container.status(set), set).toBe(netAdmin);
      expect(await container.stop()).toBe(0);
      expect(await rules()).toContain('203.0.113.7');
    });
  });
}
