import fc from 'fast-check';
import { Address6 } from 'ip-address';
import { expect, it } from 'vitest';
import { ipv6ToBigint } from './ipv6.ts';
import { parseNetwork } from './parse-network.ts';

it('reads what parseNetwork prints', () => {
  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const network = parseNetwork(groups.map((each) => each.toString(16)).join(':')) ?? '';
      // IPv4-mapped addresses come out as IPv4.
      if (network.includes('.')) return;
      expect(ipv6ToBigint(network)).toBe(new Address6(network).bigInt());
    }),
  );
});

it.each([
  ['::', 0n],
  ['::1', 1n],
  ['2001:db8::', 0x20010db8n << 96n],
  ['1:2:3:4:5:6:7:8', 0x00010002000300040005000600070008n],
])('reads %s', (text, value) => {
  expect(ipv6ToBigint(text)).toBe(value);
});
