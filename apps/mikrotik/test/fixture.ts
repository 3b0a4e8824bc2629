import { silentLogger } from '@bouncer/connector';
import type { RouterOsSandbox } from '@bouncer/sandbox';
import type { Clock } from '@bouncer/stream';
import type { RouterSettings } from '../src/router-settings.ts';
import { MikrotikTarget } from '../src/target.ts';

/** Settings for a router of the sandbox, without TLS. */
export function routerSettings(router: RouterOsSandbox, more: Partial<RouterSettings> = {}): RouterSettings {
  return {
    host: router.host,
    port: router.port,
    user: 'crowdsec',
    password: fixedPassword('secret'),
    list: 'crowdsec',
    families: [4, 6],
    dryRun: false,
    ...more,
  };
}

/** A password that never changes. */
export function fixedPassword(value: string): RouterSettings['password'] {
  return { value: () => value, refresh: () => false };
}

/** A target for a router of the sandbox. */
export function targetFor(router: RouterOsSandbox, clock: Clock, more: Partial<RouterSettings> = {}): MikrotikTarget {
  return new MikrotikTarget(routerSettings(router, more), clock, silentLogger);
}
