import { TransientError, networkErrorCode, networkErrorKind, type NetworkErrorKind } from '@bouncer/stream';
import { certificateCommands } from './script-text.ts';

/** Where we wanted to go, for messages. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

interface Diagnosis {
  readonly says: string;
  readonly hint: string;
}

/** Error of the network, of DNS or of TLS, with what it means for a router and what to do. */
export function connectionError(error: Error, peer: Peer): TransientError {
  const code = networkErrorCode(error);
  const { says, hint } =
    diagnose(networkErrorKind(code), error.message, peer) ?? handshake(code, error.message, peer) ?? unknown(peer);
  return new TransientError(`${peer.host}:${String(peer.port)}: ${says} (${code || error.message})`, {
    hint,
    cause: error,
  });
}

function diagnose(kind: NetworkErrorKind, message: string, { host, port, tls }: Peer): Diagnosis | undefined {
  const service = tls ? 'api-ssl' : 'api';
  switch (kind) {
    case 'dns':
      return { says: 'no such host', hint: `add ${host} to DNS, or set MIKROTIK_HOST to an address` };
    case 'refused':
      return {
        says: 'connection refused',
        hint: `switch the service on: /ip/service/set ${service} disabled=no port=${String(port)}; or correct the port of MIKROTIK_HOST`,
      };
    case 'timeout':
    case 'unreachable':
      return {
        says: 'the router cannot be reached',
        hint: `check the address, the route to it, and that the router's input chain accepts this connector on port ${String(port)}`,
      };
    case 'untrusted':
      return {
        says: "the router's certificate is not signed by a trusted CA",
        hint: 'mount the CA that signed it and set MIKROTIK_CA_FILE, or pin it with MIKROTIK_TLS_FINGERPRINT (`check` prints the fingerprint)',
      };
    case 'out-of-date':
      return {
        says: "the router's certificate has expired or is not yet valid",
        hint: `check the clocks (/system/clock/print), else make a new one: ${certificateCommands(host).join(' ; ')}`,
      };
    case 'wrong-name':
      return {
        says: `the router's certificate is for another name (${message.slice(0, 200)})`,
        hint: `set MIKROTIK_HOST to a name that it holds, pin it with MIKROTIK_TLS_FINGERPRINT, or make a new one: ${certificateCommands(host).join(' ; ')}`,
      };
    default:
      return undefined;
  }
}

function handshake(code: string, message: string, { host, tls }: Peer): Diagnosis | undefined {
  if (!tls) {
    const hint =
      'this address may not be allowed: /ip/service/set api address=CONNECTOR-ADDRESS/32; or the port wants TLS: MIKROTIK_TLS=true; or all of its max-sessions are in use (/ip/service/print)';
    return code === 'ECONNRESET' || code === 'EPIPE' ? { says: 'the router closed the connection', hint } : undefined;
  }
  if (/KEY_TOO_SMALL|MD_TOO_WEAK/.test(code) || /key too small|md too weak/i.test(message)) {
    return {
      says: "the router's certificate is too weak (it needs a key of 2048 bits or more, and SHA-256)",
      hint: `make a new one: ${certificateCommands(host).join(' ; ')}`,
    };
  }
  if (/HANDSHAKE_FAILURE|NO_CIPHERS|NO_SHARED_CIPHER/.test(code) || /handshake failure/i.test(message)) {
    return {
      says: 'no common cipher: the api-ssl service has most likely no certificate (anonymous TLS only)',
      hint: `give it one: ${certificateCommands(host).join(' ; ')}`,
    };
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNSUPPORTED_PROTOCOL|TLSV1_ALERT_PROTOCOL_VERSION/.test(code)) {
    return {
      says: 'the port does not speak TLS 1.2',
      hint: 'use the port of api-ssl (8729) with MIKROTIK_TLS=true, or the one of api (8728) with MIKROTIK_TLS=false',
    };
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return {
      says: 'the router closed the connection',
      hint: 'this address may not be allowed (/ip/service/set api-ssl address=CONNECTOR-ADDRESS/32), api-ssl may have no certificate, the port may be the one without TLS (8728), or all of its max-sessions are in use (/ip/service/print)',
    };
  }
  return undefined;
}

function unknown({ tls }: Peer): Diagnosis {
  return {
    says: tls ? 'the connection or its TLS failed' : 'the connection failed',
    hint: 'run `check` for each step',
  };
}
