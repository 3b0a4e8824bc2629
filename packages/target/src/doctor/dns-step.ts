import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { failed, passed } from '../check-step.ts';
import type { CheckStep } from '../check-step.ts';
import { fixFor, troubles } from './troubleshooting.ts';

export type Resolver = (host: string) => Promise<readonly { readonly address: string }[]>;

/** The system resolver may take half a minute over a dead server; nobody waits that long for a doctor. */
const timeoutMs = 10_000;

/** Resolves the host of LAPI; `resolve` is the system's resolver but in tests. */
export async function dnsStep(
  host: string,
  resolve: Resolver = (name) => lookup(name, { all: true }),
): Promise<CheckStep> {
  if (isIP(host) !== 0) return passed('dns', `${host} is an address`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' }));
    }, timeoutMs);
  });
  try {
    const found = await Promise.race([resolve(host), late]);
    return passed('dns', `${host} is ${found.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'failed';
    return failed('dns', `no such host: ${host} (${code})`, fixFor(troubles.unknownHost, { host }));
  } finally {
    clearTimeout(timer);
  }
}
