import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { parseNetwork, toInterval } from '@bouncer/stream';
import { der } from './der.ts';

const ECDSA_SHA256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
/** Clocks of two machines are not the same. Milliseconds. */
const BEFORE_MS = 3_600_000;

/** Key and certificate, in PEM. */
export interface OwnCertificate {
  readonly key: string;
  readonly cert: string;
}

/**
 * A certificate that is its own CA, EC P-256, for these host names and addresses. For the one link between a proxy and us:
 * the proxy is told to trust it and nothing else.
 */
export function makeCertificate(names: readonly string[], from: Date, until: Date): OwnCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der.sequence(der.set(der.sequence(der.oid(COMMON_NAME), der.text('crowdsec-traefik-bouncer'))));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 1;
  const body = der.sequence(
    der.context(0, true, der.integer(Buffer.of(2))),
    der.integer(serial),
    ECDSA_SHA256,
    name,
    der.sequence(der.time(new Date(from.getTime() - BEFORE_MS)), der.time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.context(3, true, der.sequence(...extensions(names))),
  );
  const signature = sign('sha256', body, createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  const cert = der.sequence(body, ECDSA_SHA256, der.bits(signature));
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem(cert) };
}

function extensions(names: readonly string[]): Buffer[] {
  // basicConstraints (a CA, of nothing below it), keyUsage (digitalSignature, keyCertSign), extKeyUsage (serverAuth).
  return [
    extension('2.5.29.19', der.sequence(der.true, der.integer(Buffer.of(0))), true),
    extension('2.5.29.15', Buffer.of(0x03, 0x02, 0x02, 0x84), true),
    extension('2.5.29.37', der.sequence(der.oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', der.sequence(...names.map(alternative))),
  ];
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return der.sequence(der.oid(id), ...(isCritical ? [der.true] : []), der.octets(value));
}

function alternative(name: string): Buffer {
  return isIP(name) === 0
    ? der.context(2, false, Buffer.from(name, 'latin1'))
    : der.context(7, false, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  const network = parseNetwork(address);
  if (network === undefined) throw new Error(`${address} is no address`);
  const digits = toInterval(network)
    .first.toString(16)
    .padStart(network.includes(':') ? 32 : 8, '0');
  return Buffer.from(digits, 'hex');
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
