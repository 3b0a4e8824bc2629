import { describe, expect, it } from 'vitest';
import { AuthError, TransientError } from './errors.ts';
import { requestError, statusError } from './lapi-error.ts';

const host = 'crowdsec.protected.lan';
const route = { url: new URL(`https://${host}`) };

/** As axios throws it: the code, and hanging on it the request with the key. */
function thrown(code: string): Error {
  return Object.assign(new Error('boom'), { code, config: { headers: { 'X-Api-Key': 'secret' } } });
}

describe('errors of LAPI', () => {
  // The rows of the user's troubleshooting table, in sense.
  it.each([
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls', 'tls: failed to verify certificate', 'CROWDSEC_CA_FILE'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls', 'tls: failed to verify certificate', 'CROWDSEC_CA_FILE'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', 'tls: failed to verify certificate', 'CROWDSEC_CA_FILE'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', 'tls: failed to verify certificate', 'CROWDSEC_CA_FILE'],
    ['CERT_HAS_EXPIRED', 'tls', 'not valid at this time', 'clock'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', 'another name', 'host name'],
    ['CERT_REVOKED', 'tls', 'CERT_REVOKED', 'CROWDSEC_CA_FILE'],
    ['EPROTO', 'tls', 'no secure connection', 'http://'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', 'no secure connection', 'http://'],
    ['ENOTFOUND', 'dns', `no such host: ${host}`, '/etc/hosts'],
    ['EAI_AGAIN', 'dns', `no such host: ${host}`, 'DNS'],
    ['ECONNREFUSED', 'refused', 'connection refused', 'firewall'],
    ['ETIMEDOUT', 'timeout', 'no connection in time', 'firewall'],
    ['EHOSTUNREACH', 'network', 'EHOSTUNREACH', 'network'],
    ['ECONNRESET', 'network', 'ECONNRESET', 'network'],
    ['Z_BUF_ERROR', 'protocol', 'compressed', 'CROWDSEC_API_URL'],
    ['HPE_INVALID_CONSTANT', 'protocol', 'not HTTP', 'CROWDSEC_API_URL'],
  ])('%s is of kind %s: %j, and the hint names %j', (code, kind, message, hint) => {
    for (const original of [thrown(code), new Error('outer', { cause: thrown(code) })]) {
      const error = requestError(original, route);
      expect(error).toBeInstanceOf(TransientError);
      expect(error.kind).toBe(kind);
      expect(error.message).toContain(message);
      expect(error.message).toContain(host);
      expect(error.hint).toContain(hint);
      expect(JSON.stringify(Object.entries(error))).not.toContain('secret');
    }
  });

  it.each([null, undefined, 'text', {}, new Error('?')])('makes something of %o as well', (odd) => {
    expect(requestError(odd, route)).toMatchObject({
      kind: 'network',
      message: expect.stringContaining('unknown') as string,
    });
  });

  it('leaves alone what has its kind already', () => {
    const error = statusError(403, {}, '');
    expect(error).toBeInstanceOf(AuthError);
    expect(requestError(error, route)).toBe(error);
  });

  it('names no place for a redirect that leads to no address', () => {
    for (const location of [undefined, '/login', '::'])
      expect(statusError(302, { location }, '').hint).not.toContain('(it leads');
    expect(statusError(302, { location: 'https://sso.example/login?token=abc' }, '').hint).toContain(
      '(it leads to https://sso.example/login)',
    );
  });
});
