import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import {
  apiAddress,
  dnsStep,
  errorStep,
  nameOf,
  opened,
  passed,
  tcpStep,
  warned,
  type CheckStep,
  type HostPort,
} from '@bouncer/target';
import { kindOf, systemCertificates, type Clock } from '@bouncer/stream';
import { unreachable } from './api-client.ts';

/** Where an API is. */
export interface ApiAddress {
  readonly url: string;
  readonly caFile?: string | undefined;
}

/** The doctor's steps on the way to an API, and, once it is reached, those `behind` it, which are not begun before. */
export async function* checkApi(
  address: ApiAddress,
  clock: Clock,
  signal: AbortSignal,
  behind: AsyncIterable<CheckStep>,
): AsyncGenerator<CheckStep> {
  for await (const step of reachApi(address, clock, signal)) {
    yield step;
    if (!step.ok) return;
  }
  yield* behind;
}

/** `dns`, `tcp`, `tls`. The last one tells whether there is use in going on. */
async function* reachApi(address: ApiAddress, clock: Clock, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const where = apiAddress(address.url);
  const name = await dnsStep(
    where.host,
    'add the name to DNS or /etc/hosts, or set the host of PFSENSE_API_URL as an address',
  );
  yield name;
  if (!name.ok) return;
  const explain = (error: Error): Error => unreachable(error, address.url);
  const way = await tcpStep(where, signal, explain, clock);
  yield way;
  if (!way.ok) return;
  if (!where.tls) {
    yield warned('tls', 'off: the key crosses the network in cleartext', 'use https:// in PFSENSE_API_URL');
    return;
  }
  yield await tlsStep(where, address, clock, signal);
}

/** Shakes hands with what the client trusts; nothing is sent. */
async function tlsStep(
  { host, port }: HostPort,
  { url, caFile }: ApiAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<CheckStep> {
  const own = caFile === undefined ? [] : [readFileSync(caFile, 'utf8')];
  const servername = isIP(host) === 0 ? host : '';
  const attempt = connect({ host, port, servername, ca: [...systemCertificates(), ...own] });
  try {
    const socket = await opened(attempt, 'secureConnect', signal, clock);
    const { subject, issuer, valid_to: end } = socket.getPeerCertificate();
    const by = `certificate of ${nameOf(subject)}, issued by ${nameOf(issuer)}, valid until ${end}`;
    return passed('tls', `${socket.getProtocol() ?? 'TLS'}, ${by}; trusted`);
  } catch (error) {
    signal.throwIfAborted();
    return errorStep('tls', unreachable(error as Error, url));
  } finally {
    attempt.destroy();
  }
}

/** A failure of a call as the step that it belongs to: the login, the rights, the alias, or the API itself. */
export function callFailed(error: unknown, otherwise: string): CheckStep {
  const kind = kindOf(error);
  return errorStep(['login', 'rights', 'alias'].includes(kind) ? kind : otherwise, error);
}
