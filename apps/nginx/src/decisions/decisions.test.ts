import { ipv4ToNumber, parseNetwork, toInterval, type Entry } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDecisions } from './decode.ts';
import { encodeDecisions } from './encode.ts';
import type { Segments } from './family.ts';
import { buildTable } from './table.ts';
import type { EncodeOptions } from './table.ts';

/** As it is held: with the label of its origin. */
const entry = (text: string, expiresAt = 100, origin = 'CAPI', scenario = ''): Entry => ({
  network: parseNetwork(text)!,
  expiresAt,
  origin: origin === 'lists' ? `lists:${scenario}` : origin,
  scenario,
  type: 'ban',
});
const options = { endOf: (instant: number) => instant + 1_790_000_000 };
const collection = (entries: readonly Entry[]) => new Set(entries);
const encode = (entries: readonly Entry[]) => encodeDecisions(collection(entries), options);
const table = (entries: readonly Entry[], more: EncodeOptions = options) => {
  const { ipv4, ipv6, names } = buildTable(collection(entries), more);
  const cut = <T>({ size, first, last, end, class: kind }: Segments<T>) => ({
    size,
    first: Array.from(first).slice(0, size),
    last: Array.from(last).slice(0, size),
    end: [...end.slice(0, size)],
    class: [...kind.slice(0, size)],
  });
  return { names, ipv4: cut(ipv4), ipv6: cut(ipv6) };
};

/** Few bits that vary, so that networks overlap. */
const anyEntry = fc
  .record({
    v6: fc.boolean(),
    bits: fc.integer({ min: 0, max: 255 }),
    prefix: fc.integer({ min: 24, max: 32 }),
    expiresAt: fc.integer({ min: 1, max: 1000 }),
    origin: fc.constantFrom('CAPI', 'cscli', 'lists', 'crowdsec'),
  })
  .map(({ v6, bits, prefix, expiresAt, origin }) =>
    entry(v6 ? `2a01::${bits.toString(16)}/${prefix + 96}` : `45.0.0.${bits}/${prefix}`, expiresAt, origin, 'tor'),
  );
const anyEntries = fc.uniqueArray(anyEntry, { selector: ({ network }) => network, maxLength: 40 });

describe('the file', () => {
  it('gives back exactly the networks, ends and origins that went in', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const back = [...(decodeDecisions(encode(entries)) ?? [])];
        const told = entries.map(({ network, expiresAt, origin }) => ({
          network,
          end: options.endOf(expiresAt),
          label: origin === 'lists' ? 'lists:tor' : origin,
          isCaptcha: false,
        }));
        const byNetwork = (a: { network: string }, b: { network: string }) => (a.network < b.network ? -1 : 1);
        expect(back.sort(byNetwork)).toEqual(told.sort(byNetwork));
      }),
    );
  });

  it('is the same whatever the order', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        expect(encode([...entries].reverse()).equals(encode(entries))).toBe(true);
      }),
    );
  });

  it('is refused when any byte of it is another, or one is missing', () => {
    const file = encode([entry('45.83.64.1'), entry('45.83.64.0/24'), entry('2a01:4f8::/48')]);
    for (let index = 0; index < file.length; index++) {
      const bad = Buffer.from(file);
      bad[index] = (bad[index] ?? 0) ^ 1;
      expect(decodeDecisions(bad)).toBeUndefined();
    }
    expect(decodeDecisions(file.subarray(0, -1))).toBeUndefined();
    expect(decodeDecisions(Buffer.alloc(0))).toBeUndefined();
  });
});

describe('segments', () => {
  it('are sorted and disjoint, and block each address until the latest end of all networks that cover it', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const { ipv4 } = table(entries, { endOf: (instant) => instant });
        for (let index = 1; index < ipv4.size; index++)
          expect(ipv4.first[index]).toBeGreaterThan(ipv4.last[index - 1]!);
        for (let address = ipv4ToNumber('45.0.0.0'); address < ipv4ToNumber('45.0.1.0'); address++) {
          const index = ipv4.first.findIndex((first, at) => first <= address && address <= ipv4.last[at]!);
          const covering = entries.filter(({ network }) => {
            const { family, first, last } = toInterval(network);
            return family === 4 && first <= BigInt(address) && BigInt(address) <= last;
          });
          expect(ipv4.end[index] ?? 0).toBe(Math.max(0, ...covering.map(({ expiresAt }) => expiresAt)));
        }
      }),
      { numRuns: 30 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });

  it('prefer a ban to a captcha, whichever lasts longer', () => {
    const cut = table([entry('45.0.0.0/24', 50, 'cscli'), entry('45.0.0.7', 900, 'captcha')], {
      endOf: (instant) => instant,
      isCaptcha: ({ origin }) => origin === 'captcha',
    });
    expect(cut.ipv4.class.map((each) => each >> 7)).toEqual([0, 0, 0]);
    // Until the captcha ends: the ban becomes a captcha when somebody rewrites the list, and not by itself.
    expect(cut.ipv4.end).toEqual([50, 900, 50]);
  });

  it('reach to the very ends of both address spaces', () => {
    const cut = table(
      ['0.0.0.0/0', '255.255.255.255', '::/0', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'].map((text) => entry(text)),
      options,
    );
    expect([cut.ipv4.first, cut.ipv4.last]).toEqual([
      [0, 0xffffffff],
      [0xfffffffe, 0xffffffff],
    ]);
    expect(cut.ipv6.last).toEqual([(1n << 128n) - 2n, (1n << 128n) - 1n]);
  });

  it('keep to 64 names, the rest is other', () => {
    const entries = Array.from({ length: 100 }, (_, index) => entry(`45.0.0.${index}`, 9, 'lists', `l${index}`));
    const { names } = table(entries, options);
    expect([names.length, names.at(-1)]).toEqual([64, 'other']);
    const back = [...(decodeDecisions(encode(entries)) ?? [])];
    expect(back.filter(({ label }) => label === 'other')).toHaveLength(37);
  });
});
