import { describe, expect, it } from 'vitest';
import { explainNetworkError, networkErrorCode, networkErrorKind } from './network-error.ts';

const withCode = (code: string) => Object.assign(new Error('boom'), { code });

describe('explainNetworkError', () => {
  it.each([
    ['ENOTFOUND', 'dns', 'no such host: here'],
    ['EAI_AGAIN', 'dns', 'no such host: here'],
    ['ECONNREFUSED', 'refused', 'connection refused: here'],
    ['ETIMEDOUT', 'timeout', 'no answer: here'],
    ['EHOSTUNREACH', 'unreachable', 'no answer: here'],
    ['ECONNRESET', 'cut', 'connection reset: here (ECONNRESET)'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted', 'the certificate is not trusted: here (SELF_SIGNED_CERT_IN_CHAIN)'],
    ['CERT_HAS_EXPIRED', 'out-of-date', 'the certificate has expired or is not yet valid: here (CERT_HAS_EXPIRED)'],
    ['CERT_STRANGE', 'bad-certificate', 'the certificate is not trusted: here (CERT_STRANGE)'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'wrong-name', /for another name/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'handshake', 'no TLS connection: here (ERR_SSL_WRONG_VERSION_NUMBER)'],
    ['EWHATEVER', 'other', 'the connection failed: here (EWHATEVER)'],
  ])('%s is %s', (code, kind, message) => {
    const told = explainNetworkError(withCode(code), { name: 'here', hints: { other: 'look' } });
    expect(told).toMatchObject({ kind, code, hint: 'look' });
    expect(told.message).toMatch(message);
  });

  it('prefers the words and hints of the place', () => {
    const place = { name: 'here', words: { refused: 'shut' }, hints: { refused: 'open it', other: 'look' } };
    expect(explainNetworkError(withCode('ECONNREFUSED'), place)).toMatchObject({
      message: 'shut: here',
      hint: 'open it',
    });
  });

  it('looks into causes and into the failures of several addresses', () => {
    const refused = withCode('ECONNREFUSED');
    expect(networkErrorCode(new Error('outer', { cause: refused }))).toBe('ECONNREFUSED');
    expect(networkErrorCode(new AggregateError([refused, refused]))).toBe('ECONNREFUSED');
    for (const odd of [null, undefined, 'text', {}, new AggregateError([])]) expect(networkErrorCode(odd)).toBe('');
    expect(networkErrorKind('')).toBe('other');
  });
});
