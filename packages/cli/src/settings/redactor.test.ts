import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.ts';

describe('the redactor', () => {
  it('hides a secret as it is and in its usual wrappings', () => {
    const redactor = new Redactor();
    redactor.add('pa"ss/w0rd');
    const base64 = Buffer.from('pa"ss/w0rd').toString('base64');
    expect(redactor.hide(`pa"ss/w0rd ${JSON.stringify('pa"ss/w0rd')} pa%22ss%2Fw0rd ${base64}`)).toBe(
      '*** "***" *** ***',
    );
  });

  it.each(['crowdsec', 'password', 'blocked', 'office-router'])('does not tell the secret %s by a gap', (secret) => {
    const redactor = new Redactor();
    redactor.add(secret);
    redactor.know('crowdsec-blocked');
    redactor.know('office-router');
    const line = 'crowdsec: the password of office-router is refused; list crowdsec-blocked';
    expect(redactor.hide(line)).toBe(line);
  });
});
