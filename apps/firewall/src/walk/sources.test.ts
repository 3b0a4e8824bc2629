import { parseNetwork, type Network } from '@bouncer/stream';
import { expect, it } from 'vitest';
import { neverBanned } from './sources.ts';

const allowed = ['198.51.100.0/24', '203.0.113.7'].map((text) => parseNetwork(text) as Network);

it.each([
  ['127.0.0.1', true, true],
  ['192.168.1.0/24', true, false],
  ['198.51.100.7', true, true],
  ['203.0.113.7', true, true],
  // Half of it may be banned.
  ['198.51.100.0/23', false, false],
  ['8.8.8.8', false, false],
  // Too wide for a ban, and full of addresses that may have one.
  ['0.0.0.0/0', false, false],
  ['0.0.0.0/1', false, false],
  ['::/0', false, false],
  ['2000::/3', false, false],
  ['fe80::/10', true, false],
  ['fc00::/7', true, false],
  ['lo', false, false],
])('no ban reaches %s: %s, and where private networks may be blocked %s', (source, usually, withPrivate) => {
  expect(neverBanned(allowed, false)(source)).toBe(usually);
  expect(neverBanned(allowed, true)(source)).toBe(withPrivate);
});
