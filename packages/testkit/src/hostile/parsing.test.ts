import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { createProtectedSpace, parseDuration, parseNetwork, toInterval } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileAddress } from './addresses.ts';
import { fuzz } from './fuzz.ts';
import { hostileText } from './texts.ts';

/** Address and length as node:net would have them; undefined for what it refuses, and for zones. */
function byNode(text: string): { address: string; length: number; six: boolean } | undefined {
  const [address = '', length, ...more] = text.trim().split('/');
  const six = isIPv6(address);
  const most = six ? 128 : 32;
  if (more.length > 0 || isIP(address) === 0 || address.includes('%')) return undefined;
  if (length !== undefined && !/^(0|[1-9][0-9]?[0-9]?)$/.test(length)) return undefined;
  if (Number(length ?? most) > most) return undefined;
  return { address, length: Number(length ?? most), six };
}

function textOf(family: 4 | 6, value: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  return value.toString(16).padStart(32, '0').match(/.{4}/g)?.join(':') ?? '';
}

const hostileOrSound = fc.oneof(
  hostileAddress(),
  fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, length]) => `${address}/${length}`),
  fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, length]) => `${address}/${length}`),
);

describe('addresses', () => {
  it('are read exactly when node:net would read them, and then mean the same', async () => {
    let read = 0;
    await fuzz(
      'parseNetwork against node:net',
      hostileOrSound,
      (text) => {
        const network = parseNetwork(text);
        const theirs = text.length > 64 ? undefined : byNode(text);
        expect([text, network !== undefined]).toEqual([text, theirs !== undefined]);
        if (network === undefined || theirs === undefined) return;
        read += 1;
        expect(network).toMatch(/^[0-9a-f:.]+(\/\d{1,3})?$/);
        expect(parseNetwork(network)).toBe(network);
        const list = new BlockList();
        list.addSubnet(theirs.address, theirs.length, theirs.six ? 'ipv6' : 'ipv4');
        const { family, first, last } = toInterval(network);
        const top = family === 4 ? 2n ** 32n - 1n : 2n ** 128n - 1n;
        const has = (value: bigint): boolean => list.check(textOf(family, value), family === 4 ? 'ipv4' : 'ipv6');
        expect([text, has(first), has(last)]).toEqual([text, true, true]);
        // node:net takes mapped addresses for both families, so the edges are told only where both say the same family.
        if (theirs.six !== (family === 6)) return;
        if (first > 0n) expect([text, has(first - 1n)]).toEqual([text, false]);
        if (last < top) expect([text, has(last + 1n)]).toEqual([text, false]);
      },
      4000,
    );
    expect(read).toBeGreaterThan(500);
  });

  it('are never blocked where node:net says that they are protected, however the ban is spelled', async () => {
    const allowed = ['45.90.1.1', '45.91.0.0/16', '2a09:1::7', '::ffff:45.92.7.7'].map((text) => parseNetwork(text)!);
    const space = createProtectedSpace({ allowlist: allowed, addresses: [], blockPrivateNetworks: false });
    const safe = new BlockList();
    const ranges = [
      '0.0.0.0/8',
      '10.0.0.0/8',
      '100.64.0.0/10',
      '127.0.0.0/8',
      '169.254.0.0/16',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '224.0.0.0/4',
      '255.255.255.255/32',
      '45.90.1.1/32',
      '45.91.0.0/16',
      '45.92.7.7/32',
      '::/128',
      '::1/128',
      'fc00::/7',
      'fe80::/10',
      'ff00::/8',
      '2a09:1::7/128',
    ];
    for (const range of ranges) {
      const [address = '', length] = range.split('/');
      safe.addSubnet(address, Number(length), isIPv4(address) ? 'ipv4' : 'ipv6');
    }
    const near = fc
      .tuple(fc.constantFrom(...ranges), fc.nat(128), fc.constantFrom('', '::ffff:'))
      .map(
        ([range, length, mapped]) => `${isIPv4(range.split('/')[0]!) ? mapped : ''}${range.split('/')[0]!}/${length}`,
      );
    const check = ({ family, value }: { family: 4 | 6; value: bigint }): boolean =>
      safe.check(textOf(family, value), family === 4 ? 'ipv4' : 'ipv6');
    await fuzz(
      'protected space against node:net',
      fc.oneof(near, hostileOrSound),
      (text) => {
        const network = parseNetwork(text);
        if (network === undefined) return;
        for (const piece of space.shield(network).kept) {
          const { family, first, last } = toInterval(piece);
          for (const value of [first, (first + last) / 2n, last])
            expect([text, piece, check({ family, value })]).toEqual([text, piece, false]);
          const whole = toInterval(network);
          expect(whole.first <= first && last <= whole.last).toBe(true);
        }
      },
      2000,
    );
  });
});

describe('durations', () => {
  const units = {
    ns: 1n,
    us: 1000n,
    µs: 1000n,
    μs: 1000n,
    ms: 1_000_000n,
    s: 1_000_000_000n,
    m: 60_000_000_000n,
    h: 3_600_000_000_000n,
  } as const;
  const part = fc.tuple(
    fc.nat(99_999),
    fc.option(fc.stringMatching(/^[0-9]{1,6}$/), { nil: undefined }),
    fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
  );

  it('are the sum of their parts in whole nanoseconds, whatever units and fractions', async () => {
    await fuzz(
      'Go durations against integer arithmetic',
      fc.tuple(fc.constantFrom('', '-', '+'), fc.array(part, { minLength: 1, maxLength: 3 })),
      ([sign, parts]) => {
        const text = `${sign}${parts.map(([whole, fraction, unit]) => `${whole}${fraction === undefined ? '' : `.${fraction}`}${unit}`).join('')}`;
        if (text.length > 64) return;
        const micro = parts.reduce(
          (sum, [whole, fraction = '', unit]) =>
            sum + BigInt(whole) * units[unit] * 1_000_000n + BigInt(fraction.padEnd(6, '0')) * units[unit],
          0n,
        );
        const expected = (Number(micro) / 1e12) * (sign === '-' ? -1 : 1);
        expect(Math.abs((parseDuration(text) ?? NaN) - expected)).toBeLessThanOrEqual(
          Math.abs(expected) * 1e-12 + 1e-9,
        );
      },
    );
  });

  it('are numbers or nothing for any text', async () => {
    const twisted = fc.tuple(fc.constantFrom('1h', '10s', '-5m', '1.5h'), hostileText()).map((parts) => parts.join(''));
    await fuzz('durations of hostile text', fc.oneof(hostileText(), twisted), (text) => {
      const value = parseDuration(text);
      if (value === undefined) return;
      expect([text, Number.isFinite(value), /^[+-]?[0-9.a-zµμ]+$/.test(text)]).toEqual([text, true, true]);
    });
  });
});
