import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARK, commentFor, isOurs } from './mark.ts';

describe('commentFor', () => {
  it('says why, behind the mark', () => {
    expect(commentFor({ origin: 'CAPI', scenario: 'crowdsecurity/ssh-bf' })).toBe(
      'crowdsec-bouncer CAPI crowdsecurity/ssh-bf',
    );
    expect(commentFor({ origin: '', scenario: '' })).toBe(MARK);
  });

  it('is printable ASCII on one line, of at most 120 characters, and ours, whatever LAPI says', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n=.id=*1', '\u0000', '$[/system/reboot]', '🦀'.repeat(99)),
    );
    fc.assert(
      fc.property(text, text, (origin, scenario) => {
        const comment = commentFor({ origin, scenario });
        expect(comment).toMatch(/^[ -~]{1,120}$/);
        expect(isOurs(comment)).toBe(true);
      }),
    );
  });
});

describe('isOurs', () => {
  it.each([undefined, '', 'crowdsec', 'crowdsec-bouncers are great', ' crowdsec-bouncer', 'Crowdsec-bouncer'])(
    'is not fooled by %j',
    (comment) => {
      expect(isOurs(comment)).toBe(false);
    },
  );
});
