import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { hintOf, messageOf, type Clock } from '@bouncer/stream';
import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import { readTrust } from './router-settings.ts';
import type { RouterSettings } from './router-settings.ts';
import { connectionError } from './routeros/connection-error.ts';
import type { Peer } from './routeros/connection-error.ts';
import { CONNECT_LIMIT } from './routeros/session.ts';
import { fingerprintOf, pinError, printFingerprint, tlsOptions } from './routeros/trust.ts';
import type { TrustSettings } from './routeros/trust.ts';

/** The steps `tcp` and `tls`: they look at the certificate before anything is sent. */
export async function* lookAtConnection(
  settings: RouterSettings,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const { host, port, tls } = settings;
  const peer: Peer = { host, port, tls: tls !== undefined };
  const plain = connectPlain(port, host);
  try {
    await arrival(plain, 'connect', clock, signal);
    yield passed('tcp', `port ${String(port)} of ${host} accepts connections`);
  } catch (error) {
    yield failure('tcp', error, peer);
    return;
  } finally {
    plain.destroy();
  }
  if (!tls) {
    const clear = 'off: the password and all else crosses the network in clear';
    yield warned('tls', clear, 'use api-ssl: MIKROTIK_TLS=true, and the commands that `setup` prints');
    return;
  }
  let socket: TLSSocket | undefined;
  try {
    const trust = readTrust(tls);
    if (!trust) return;
    socket = connectTls(port, host, { ...tlsOptions(host, trust), rejectUnauthorized: false });
    await arrival(socket, 'secureConnect', clock, signal);
    yield judge(socket, trust, peer);
  } catch (error) {
    yield failure('tls', error, peer);
  } finally {
    socket?.destroy();
  }
}

function judge(socket: TLSSocket, trust: TrustSettings, peer: Peer): CheckStep {
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
  const seen = describe(certificate, socket.getProtocol() ?? 'TLS');
  const wrongPin = pinError(certificate, trust);
  if (wrongPin) return failed('tls', `${messageOf(wrongPin)}: ${seen}`, hintOf(wrongPin));
  if (trust.fingerprint !== undefined) return passed('tls', `${seen}; it is the pinned one`);
  if (trust.insecure || trust.anonymous) {
    const fix =
      'give the router a certificate (`setup` prints how), and trust it by MIKROTIK_CA_FILE or MIKROTIK_TLS_FINGERPRINT';
    return warned('tls', `${seen}; NOT verified: anybody in between could read the password`, fix);
  }
  // Declared as an Error, but Node sets its code alone.
  const problem: unknown = socket.authorizationError;
  if (socket.authorized || !problem) return passed('tls', `${seen}; trusted`);
  const error =
    problem instanceof Error
      ? problem
      : Object.assign(new Error('the certificate was not accepted'), { code: problem });
  const diagnosis = connectionError(error, peer);
  const pin = fingerprintOf(certificate);
  const orPin = pin === undefined ? '' : `; to pin exactly this one: MIKROTIK_TLS_FINGERPRINT=${printFingerprint(pin)}`;
  return failed('tls', `${messageOf(diagnosis)}: ${seen}`, `${hintOf(diagnosis)}${orPin}`);
}

function describe(certificate: Partial<PeerCertificate>, protocol: string): string {
  const pin = fingerprintOf(certificate);
  if (pin === undefined) return `${protocol}, no certificate`;
  return [
    protocol,
    `certificate of ${commonName(certificate.subject)}`,
    certificate.subjectaltname === undefined ? 'no names' : `for ${certificate.subjectaltname}`,
    `issued by ${commonName(certificate.issuer)}`,
    `valid until ${certificate.valid_to ?? '?'}`,
    `SHA-256 ${printFingerprint(pin)}`,
  ].join(', ');
}

/** A name that is given more than once is a list; the types do not know that. */
function commonName(subject: { CN?: string | string[] } | undefined): string {
  return [subject?.CN ?? '?'].flat().join(' ');
}

function failure(step: string, error: unknown, peer: Peer): CheckStep {
  const told = error instanceof Error && hintOf(error) === '' ? connectionError(error, peer) : error;
  return failed(step, messageOf(told), hintOf(told));
}

/** Waits for the event, not longer than a connection may take. */
function arrival(socket: Socket, event: 'connect' | 'secureConnect', clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const waiting = new AbortController();
    const over = AbortSignal.any([signal, waiting.signal]);
    socket.once(event, () => {
      waiting.abort();
      resolve();
    });
    socket.on('error', (error) => {
      waiting.abort();
      reject(error);
    });
    socket.once('close', () => {
      waiting.abort();
      reject(Object.assign(new Error('closed by the router'), { code: 'ECONNRESET' }));
    });
    clock.sleep(CONNECT_LIMIT, over).then(
      () => {
        reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
      },
      () => {
        if (signal.aborted) reject(signal.reason as Error);
      },
    );
  });
}
