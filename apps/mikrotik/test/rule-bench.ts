import { startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { ManualClock } from '@bouncer/stream';
import { onTestFinished } from 'vitest';
import type { RouterSettings } from '../src/router-settings.ts';
import type { MikrotikTarget } from '../src/target.ts';
import { calm, targetFor } from './fixture.ts';

/** The mark of a managed rule. */
export const COMMENT = 'crowdsec-bouncer rule for list crowdsec';

/** A router that a target with these settings has been opened on; both end with the test. */
export async function bench(
  more: Partial<RouterSettings> = {},
  options: Parameters<typeof startRouterOs>[0] = {},
): Promise<{ router: RouterOsSandbox; target: MikrotikTarget; clock: ManualClock }> {
  const clock = new ManualClock();
  const router = await startRouterOs({ ...options, clock });
  const target = targetFor(router, clock, more);
  onTestFinished(async () => {
    await target.close();
    await router.close();
  });
  await target.open(calm);
  return { router, target, clock };
}
