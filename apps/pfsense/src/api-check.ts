import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { passed, warned, type CheckStep } from '@bouncer/target';
import { kindOf, systemCertificates, type Clock } from '@bouncer/stream';
import { unreachable } from './api-client.ts';
import { arrival, dnsStep, errorStep, tcpOpens } from './reach.ts';

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
  const { hostname, port, protocol } = new URL(address.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const number = Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port);
  const name = await dnsStep(host, 'the host of PFSENSE_API_URL');
  yield name;
  if (!name.ok) return;
  try {
    await tcpOpens(host, number, clock, signal);
    yield passed('tcp', `port ${number} of ${host} accepts connections`);
  } catch (error) {
    signal.throwIfAborted();
    yield errorStep('tcp', unreachable(error as Error, address.url));
    return;
  }
  if (protocol !== 'https:') {
    yield warned('tls', 'off: the key crosses the network in clear', 'use https:// in PFSENSE_API_URL');
    return;
  }
  yield await tlsStep(host, number, address, clock, signal);
}

/** Shakes hands with what the client trusts; nothing is sent. */
async function tlsStep(
  host: string,
  port: number,
  { url, caFile }: ApiAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<CheckStep> {
  const own = caFile === undefined ? [] : [readFileSync(caFile, 'utf8')];
  const servername = isIP(host) === 0 ? host : '';
  const socket = connect({ host, port, servername, ca: [...systemCertificates(), ...own] });
  try {
    await arrival(socket, 'secureConnect', clock, signal);
    const { subject, issuer, valid_to: end } = socket.getPeerCertificate();
    const by = `certificate of ${nameOf(subject)}, issued by ${nameOf(issuer)}, valid until ${end}`;
    return passed('tls', `${socket.getProtocol() ?? 'TLS'}, ${by}; trusted`);
  } catch (error) {
    signal.throwIfAborted();
    return errorStep('tls', unreachable(error as Error, url));
  } finally {
    socket.destroy();
  }
}

/** A name that is given more than once is a list; the types do not know that. */
function nameOf(name: { CN?: string | string[] } | undefined): string {
  return JSON.stringify([name?.CN ?? 'nobody'].flat().join(' '));
}

/** A failure of a call as the step that it belongs to: the login, the rights, the alias, or the API itself. */
export function callFailed(error: unknown, otherwise: string): CheckStep {
  const kind = kindOf(error);
  return errorStep(['login', 'rights', 'alias'].includes(kind) ? kind : otherwise, error);
}
