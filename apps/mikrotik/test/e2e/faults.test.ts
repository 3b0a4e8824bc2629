import {
  mulberry32,
  realLapiAvailable,
  startRealLapi,
  startRouterOs,
  until,
  type ConnectorProcess,
} from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { startCuttingProxy } from './cutting-proxy.ts';
import { environment, held, start } from './product.ts';

const available = await realLapiAvailable();
const title = available.ok ? 'under faults' : `under faults (${available.reason})`;
const steps = 40;
const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '198.51.100.0/25', '2001:db8::1', '2001:db8:1::/48'];

describe.skipIf(!available.ok)(title, () => {
  it.each([1, 2])(
    'the router comes to hold what a real LAPI says, and no live ban goes missing (seed %i)',
    async (seed) => {
      const random = mulberry32(seed);
      const pick = (count: number): number => Math.floor(random() * count);
      await using lapi = await startRealLapi();
      await using proxy = await startCuttingProxy(lapi.port);
      await using router = await startRouterOs({ seed });
      const key = await lapi.addBouncer('my-router');
      const env = environment({ url: `http://127.0.0.1:${proxy.port}`, key }, router);
      let connector: ConnectorProcess = start(env);
      const banned = new Set<string>();
      const gaps: string[] = [];
      let settled = new Set<string>();

      for (let step = 0; step < steps; step += 1) {
        const address = addresses[pick(addresses.length)] ?? '';
        let isWiped = false;
        switch (pick(9)) {
          case 0:
          case 1:
          case 2:
            await lapi.ban(address, 600 + pick(7200));
            banned.add(address);
            break;
          case 3:
            await lapi.unban(address);
            banned.delete(address);
            break;
          case 4:
            proxy.cutNext(pick(300));
            break;
          case 5:
            router.dropReplyAfterExecuting(pick(3));
            break;
          case 6:
            router.kill();
            break;
          case 7:
            await connector.stop('SIGKILL');
            connector = start(env);
            break;
          default:
            isWiped = true;
            router.reboot();
        }
        const now = held(router);
        for (const live of settled)
          if (!isWiped && banned.has(live) && !now.includes(live)) gaps.push(`${live} after step ${step}`);
        settled = new Set(now.filter((network) => banned.has(network)));
      }
      await until('the router holds what LAPI says', () => held(router).join() === [...banned].sort().join(), 90);
      await connector.stop('SIGKILL');
      expect(gaps).toEqual([]);
    },
  );
});
