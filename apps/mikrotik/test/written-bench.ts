import { listBy } from '@bouncer/testkit';
import type { RouterOsOptions, RouterOsSandbox } from '@bouncer/sandbox';
import type { ManualClock } from '@bouncer/stream';
import type { RouterSettings } from '../src/router-settings.ts';
import type { MikrotikTarget } from '../src/target.ts';
import { calm } from './fixture.ts';
import { bench as openedBench } from './rule-bench.ts';

/** A router that a target has been opened and listed on; both end with the test. */
export interface Bench {
  readonly router: RouterOsSandbox;
  readonly target: MikrotikTarget;
  readonly clock: ManualClock;
}

export async function bench(options: RouterOsOptions = {}, settings: Partial<RouterSettings> = {}): Promise<Bench> {
  const opened = await openedBench(settings, options);
  await listBy(opened.target, calm);
  return opened;
}

export function rowOf(
  router: RouterOsSandbox,
  address: string,
): ReturnType<RouterOsSandbox['rows']>[number] | undefined {
  return router.rows().find((row) => row.address === address);
}
