import { expect, it } from 'vitest';
import { originGroup } from './origin-group.ts';
import { originRank } from './provenance.ts';

it.each([
  ['crowdsec', 'local'],
  ['cscli', 'manual'],
  ['cscli-import', 'manual'],
  ['console', 'manual'],
  ['remediation_sync', 'manual'],
  ['lists', 'lists'],
  ['lists:firehol', 'lists'],
  ['CAPI', 'community'],
  ['something new', 'lists'],
  ['constructor', 'lists'],
])('%s counts with %s', (origin, group) => {
  expect(originGroup(origin)).toBe(group);
});

it('an origin that nobody knows ranks with the group it counts with', () => {
  expect(originRank('something new')).toBe(originRank('lists'));
  expect(originRank('constructor')).toBe(originRank('lists'));
});
