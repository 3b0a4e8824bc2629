import { listBy } from '@bouncer/testkit';
import { startRouterOs, type RouterOsOptions, type RouterOsSandbox } from '@bouncer/sandbox';
import { ManualClock } from '@bouncer/stream';
import { onTestFinished } from 'vitest';
import type { RouterSettings } from '../src/router-settings.ts';
import type { MikrotikTarget } from '../src/target.ts';
import { calm, targetFor } from './fixture.ts';

/** A router that a target has been opened and listed on; both end with the test. */
export interface Bench {
  readonly router: RouterOsSandbox;
  readonly target: MikrotikTarget;
  readonly clock: ManualClock;
}

export async function bench(options: RouterOsOptions = {}, settings: Partial<RouterSettings> = {}): Promise<Bench> {
  const clock = new ManualClock();
  const router = await startRouterOs({ ...options, clock });
  const target = targetFor(router, clock, settings);
  onTestFinished(async () => {
    await target.close();
    await router.close();
  });
  await target.open(calm);
  await listBy(target, calm);
  return { router, target, clock };
}

export function rowOf(
  router: RouterOsSandbox,
  address: string,
): ReturnType<RouterOsSandbox['rows']>[number] | undefined {
  return router.rows().find((row) => row.address === address);
}
