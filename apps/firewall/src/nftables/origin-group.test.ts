import { describe, expect, it } from 'vitest';
import { OriginGroups, originOf, STANDARD_GROUPS } from './origin-group.ts';

const list = (scenario: string) => ({ origin: 'lists', scenario });

describe('groups of origins', () => {
  it.each([
    ['crowdsec', 'crowdsecurity/ssh-bf', 'crowdsec'],
    ['cscli', 'manual', 'cscli'],
    ['cscli-import', 'x', 'cscli-import'],
    ['CAPI', 'x', 'CAPI'],
    ['lists', 'firehol_level1', 'lists:firehol_level1'],
    ['lists', 'tor-exit nodes/ä "4_ranges', 'lists:tor-exit nodes/ä "4_ranges'],
    ['lists', '', 'lists'],
    ['constructor', 'x', 'constructor'],
    ['__proto__', 'x', '__proto__'],
    ['toString', 'valueOf', 'toString'],
  ])('%s of %j is counted as %s', (origin, scenario, label) => {
    const group = new OriginGroups(false).of({ origin, scenario });
    expect(group).toMatch(/^[a-z][A-Za-z0-9_]*$/);
    expect(originOf(group)).toBe(label);
  });

  it('have an end: what is more, or too long, or would need a rule of the administrator, is counted with its like', () => {
    const groups = new OriginGroups(false);
    for (let index = 0; index < 40; index += 1) groups.of(list(`list ${index}`));
    expect(groups.all()).toHaveLength(STANDARD_GROUPS.length + 12);
    expect([groups.of(list('another')), groups.of({ origin: 'cscli', scenario: '' })]).toEqual(['lists', 'local']);
    expect(new OriginGroups(false).of(list('x'.repeat(200)))).toBe('lists');
    expect(new OriginGroups(true).of(list('a'))).toBe('lists');
  });

  it('come in the same order after a restart, whatever came first', () => {
    const [one, other] = [new OriginGroups(false), new OriginGroups(false)];
    for (const name of ['b', 'a', 'c']) one.of(list(name));
    for (const group of [...one.all()].reverse()) other.learn(group);
    expect(other.all()).toEqual(one.all());
  });
});
