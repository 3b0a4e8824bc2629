import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { hintOf, messageOf, networkErrorCode, networkErrorKind, type Clock } from '@bouncer/stream';
import { errorStep, failed, nameOf, opened, passed, tcpStep, warned, type CheckStep } from '@bouncer/target';
import { speaksPlainApi } from './plain-api.ts';
import { readTrust } from './router-settings.ts';
import type { RouterSettings } from './router-settings.ts';
import { connectionError } from './routeros/connection-error.ts';
import type { Peer } from './routeros/connection-error.ts';
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
  const way = await tcpStep(peer, signal, (error) => connectionError(error, peer), clock);
  yield way;
  if (!way.ok) return;
  if (!tls) {
    const clear = 'off: the password and everything else crosses the network in cleartext';
    yield warned('tls', clear, 'use api-ssl: MIKROTIK_TLS=true, and the commands that `setup` prints');
    return;
  }
  let socket: TLSSocket | undefined;
  try {
    const trust = readTrust(tls);
    if (!trust) return;
    socket = connectTls(port, host, { ...tlsOptions(host, trust), rejectUnauthorized: false });
    await opened(socket, 'secureConnect', signal, clock);
    yield judge(socket, trust, peer);
  } catch (error) {
    signal.throwIfAborted();
    const isSilent = networkErrorKind(networkErrorCode(error)) === 'timeout';
    if (hintOf(error) !== '') {
      yield errorStep('tls', error);
      return;
    }
    const isPlain = await speaksPlainApi(peer, clock, signal);
    if (isPlain || isSilent) yield plainStep(peer, isPlain);
    else yield errorStep('tls', connectionError(error as Error, peer));
  } finally {
    socket?.destroy();
  }
}

/** The service `api` waits for a sentence of its own protocol; to a greeting of TLS it says nothing, or ends the connection. */
function plainStep({ host, port }: Peer, isSure: boolean): CheckStep {
  const seen = isSure ? 'the port speaks the API without TLS' : 'the port is open, but answers nothing to TLS';
  const fix = `this is ${isSure ? '' : 'most likely '}the service api, without TLS: name the port of api-ssl in MIKROTIK_HOST (8729, or leave the port out) and switch it on (/ip/service/set api-ssl disabled=no); or MIKROTIK_TLS=false, which sends the password in cleartext`;
  return failed('tls', `${host}:${String(port)}: ${seen}`, fix);
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
    return warned('tls', `${seen}; NOT verified: a man in the middle could read the password`, fix);
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
    `certificate of ${nameOf(certificate.subject)}`,
    certificate.subjectaltname === undefined ? 'no names' : `for ${certificate.subjectaltname}`,
    `issued by ${nameOf(certificate.issuer)}`,
    `valid until ${certificate.valid_to ?? '?'}`,
    `SHA-256 ${printFingerprint(pin)}`,
  ].join(', ');
}
