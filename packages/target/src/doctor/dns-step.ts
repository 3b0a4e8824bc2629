import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkErrorCode, systemClock, withTimeout } from '@bouncer/stream';
import { failed, passed } from './check-step.ts';
import type { CheckStep } from './check-step.ts';
import { fixFor, troubles } from './troubleshooting.ts';

export type Resolver = (host: string) => Promise<readonly { readonly address: string }[]>;

/** The system resolver may take half a minute over a dead server; nobody waits that long for a doctor. */
const timeoutMs = 10_000;

/** Resolves a host. `fix` is what to do when it has no address, by default for LAPI; `resolve` is for tests. */
export async function dnsStep(
  host: string,
  fix: string = fixFor(troubles.unknownHost, { host }),
  resolve: Resolver = (name) => lookup(name, { all: true }),
): Promise<CheckStep> {
  if (isIP(host) !== 0) return passed('dns', `${host} is an address`);
  const late = (): Error => Object.assign(new Error('no answer'), { code: 'ETIMEOUT' });
  try {
    const found = await withTimeout(() => resolve(host), timeoutMs, systemClock, undefined, late);
    return passed('dns', `${host} is ${found.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    const code = networkErrorCode(error) || 'failed';
    return failed('dns', `no such host: ${host} (${code})`, fix);
  }
}
