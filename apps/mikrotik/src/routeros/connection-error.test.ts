import { describe, expect, it } from 'vitest';
import { connectionError } from './connection-error.ts';

const PEER = { host: '192.168.88.1', port: 8729, tls: true };

function diagnose(code: string, tls = true, message = ''): string {
  const { message: says, hint } = connectionError(Object.assign(new Error(message), { code }), { ...PEER, tls });
  return `${says} / ${hint}`;
}

describe('connectionError', () => {
  it.each([
    ['ENOTFOUND', true, /no such host.*DNS/],
    ['EAI_AGAIN', false, /no such host.*DNS/],
    ['ECONNREFUSED', true, /connection refused.*\/ip\/service\/set api-ssl disabled=no port=8729/],
    ['ECONNREFUSED', false, /connection refused.*\/ip\/service\/set api disabled=no/],
    ['ETIMEDOUT', true, /cannot be reached.*input chain/],
    ['EHOSTUNREACH', true, /cannot be reached/],
    ['SELF_SIGNED_CERT_IN_CHAIN', true, /not signed by a trusted CA.*MIKROTIK_CA_FILE.*MIKROTIK_TLS_FINGERPRINT/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', true, /not signed by a trusted CA/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true, /not signed by a trusted CA/],
    ['CERT_HAS_EXPIRED', true, /expired.*\/system\/clock.*\/certificate add/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', true, /another name.*subject-alt-name=/],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', true, /no certificate.*\/certificate add/],
    ['ERR_SSL_EE_KEY_TOO_SMALL', true, /too weak/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', true, /does not speak TLS.*8728/],
    ['ECONNRESET', true, /closed the connection.*api-ssl address=/],
    ['ECONNRESET', false, /closed the connection.*MIKROTIK_TLS=true/],
    ['EWHATEVER', true, /failed.*check/],
  ])('%s (TLS: %s): %s', (code, tls, text) => {
    expect(diagnose(code, tls)).toMatch(text);
  });

  it('gives the three commands that make a certificate for this router', () => {
    const text = diagnose('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE');
    expect(text.match(/\/certificate add/g)).toHaveLength(2);
    expect(text).toContain('subject-alt-name="IP:192.168.88.1"');
    expect(text).toContain('/ip service set api-ssl certificate=');
  });

  it('looks into the failures of several addresses of one name', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const error = new AggregateError([refused, refused]);
    expect(connectionError(error, PEER).message).toContain('connection refused (ECONNREFUSED)');
  });
});
