import { describe, expect, it } from 'vitest';
import { compileQuery } from './query.ts';

const row: Record<string, string> = { list: 'crowdsec', address: '192.0.2.1', comment: '', size: '9', dynamic: 'true' };

function matches(...words: string[]): boolean {
  return compileQuery(words)((name) => row[name]);
}

describe('queries', () => {
  it.each<[string, boolean, string[]]>([
    ['nothing asked', true, []],
    ['has', true, ['list']],
    ['has an empty one', true, ['comment']],
    ['has not', false, ['timeout']],
    ['lacks', true, ['-timeout']],
    ['lacks not', false, ['-list']],
    ['equal', true, ['list=crowdsec']],
    ['equal with a mark', true, ['=list=crowdsec']],
    ['unequal', false, ['list=other']],
    ['equal of a missing one', false, ['timeout=']],
    ['case counts', false, ['list=CrowdSec']],
    ['all must hold', false, ['list=crowdsec', 'address=192.0.2.2']],
    ['less as numbers', true, ['<size=10']],
    ['more as numbers', false, ['>size=10']],
    ['more than empty', false, ['>comment=']],
    ['more as text', true, ['>list=crowd']],
    ['value with an equals sign', false, ['list=a=b']],
    ['a boolean in its printed form', true, ['dynamic=true']],
    ['a boolean in another form', true, ['dynamic=yes']],
    ['or', true, ['list=other', 'list=crowdsec', '#|']],
    ['and', false, ['list=other', 'list=crowdsec', '#&']],
    ['not', true, ['list=other', '#!']],
    ['or, not', false, ['list=other', 'list=crowdsec', '#|!']],
    ['copy of the top', true, ['list=crowdsec', '#.&']],
    ['an index copies', false, ['list=other', 'list=crowdsec', '#1.&&']],
    ['an index at the end leaves that one', true, ['list=crowdsec', 'list=other', '#1']],
  ])('%s: %s', (_, expected, words) => {
    expect(matches(...words)).toBe(expected);
  });

  it.each([['<'], ['>list'], ['#x'], ['']])('%j is no query', (word) => {
    expect(() => compileQuery([word])).toThrow('invalid query');
  });

  it('an operation without operands is an error', () => {
    expect(() => matches('#&')).toThrow('invalid query');
  });
});
