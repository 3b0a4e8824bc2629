import fc from 'fast-check';
import { junkValues, oddSpellings } from '@bouncer/sandbox';
import { hostileText } from './texts.ts';

/** One part of an IPv4 address as somebody may write it: decimal, octal, hexadecimal, too large, empty, in other digits. */
const octet = fc.oneof(
  { arbitrary: fc.nat(255).map(String), weight: 12 },
  { arbitrary: fc.nat(255).map((value) => `0${value.toString(8)}`), weight: 1 },
  { arbitrary: fc.nat(255).map((value) => `0x${value.toString(16)}`), weight: 1 },
  { arbitrary: fc.constantFrom('256', '999', '', '00', '1e1', '-1', '+1', ' 1', '１', '4294967296'), weight: 1 },
);
const quad = fc
  .oneof(
    { arbitrary: fc.tuple(octet, octet, octet, octet), weight: 10 },
    { arbitrary: fc.array(octet, { minLength: 1, maxLength: 6 }), weight: 1 },
  )
  .map((parts) => parts.join('.'));

const group = fc.oneof(
  { arbitrary: fc.nat(0xffff).map((value) => value.toString(16)), weight: 8 },
  { arbitrary: fc.nat(0xffff).map((value) => value.toString(16).toUpperCase().padStart(4, '0')), weight: 3 },
  { arbitrary: fc.constantFrom('0', '', '12345', 'g', '-1'), weight: 1 },
);
const six = fc
  .tuple(fc.array(group, { maxLength: 8 }), fc.array(group, { maxLength: 8 }), fc.constantFrom('::', ':', ''))
  .map(([head, tail, joint]) => `${head.join(':')}${joint}${tail.join(':')}`);

/** Host bits stay as they are; too long, octal and empty ones as well. */
const suffix = fc.oneof(
  { arbitrary: fc.constant(''), weight: 8 },
  { arbitrary: fc.nat(33).map((length) => `/${length}`), weight: 4 },
  { arbitrary: fc.nat(129).map((length) => `/${length}`), weight: 4 },
  {
    arbitrary: fc.constantFrom(
      '/',
      '/-1',
      '/08',
      '/+8',
      '/ 8',
      '/8 ',
      '/8/8',
      '/255.255.255.0',
      ':80',
      '%eth0',
      '%25eth0',
      '-45.83.64.9',
      ',45.83.64.2',
      '/1e1',
      '/0x8',
      '\n',
      '\u0000',
    ),
    weight: 2,
  },
);

/** Text that is an address, was one, or nearly is one. */
export function hostileAddress(): fc.Arbitrary<string> {
  const mapped = quad.map((text) => `::ffff:${text}`);
  const hexMapped = fc.tuple(group, group).map(([high, low]) => `::FFFF:${high}:${low}`);
  const spelled = fc
    .tuple(
      fc.oneof(quad, six, mapped, hexMapped, fc.ipV4(), fc.ipV6()),
      suffix,
      fc.constantFrom('', '', '', '', ' ', '\t', '[', '\u00a0'),
    )
    .map(([text, end, blank]) => `${blank}${text}${end}`);
  return fc.oneof(
    { arbitrary: spelled, weight: 8 },
    { arbitrary: fc.constantFrom(...junkValues, ...oddSpellings.map(({ value }) => value)), weight: 2 },
    { arbitrary: hostileText(), weight: 1 },
  );
}
