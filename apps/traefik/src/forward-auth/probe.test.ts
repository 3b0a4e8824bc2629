import { ManualClock, parseNetwork } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { makeWords, readAddress } from './address-words.ts';
import { Probe } from './probe.ts';

const clock = new ManualClock();
const probe = new Probe(() => 'a-key', clock);

function words(text: string): ReturnType<typeof makeWords> {
  const into = makeWords();
  expect(readAddress(text, 0, text.length, into)).toBe(true);
  return into;
}

describe('the probe of check', () => {
  it('is an address of documentation that only those with the same key know, for five minutes', async () => {
    const address = probe.address();
    expect(parseNetwork(address)).toBe(address);
    expect(address).toMatch(/^2001:db8:/);
    expect(probe.isAddress(words(address))).toBe(true);
    expect(new Probe(() => 'another', clock).isAddress(words(address))).toBe(false);
    const near = words(address);
    near[3] = ((near[3] ?? 0) ^ 1) >>> 0;
    expect(probe.isAddress(near)).toBe(false);
    expect(probe.isAddress(words('2001:db8::1'))).toBe(false);
    await clock.advance(301_000);
    expect(probe.isAddress(words(address))).toBe(false);
  });

  it('has a mark in what is asked for, of the same kind', async () => {
    const mark = probe.mark();
    const asked = (uri: string): string[] => ['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Uri', uri];
    expect(probe.isMarked(asked(`/?${mark}`))).toBe(true);
    expect(probe.isMarked(asked(`/page?a=1&${mark}&b=2`))).toBe(true);
    for (const uri of [
      '/',
      '/?crowdsec-probe=',
      `/?${mark.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}`,
      `/${mark}`,
    ])
      expect(probe.isMarked(asked(uri))).toBe(false);
    expect(new Probe(() => 'another', clock).isMarked(asked(`/?${mark}`))).toBe(false);
    await clock.advance(301_000);
    expect(probe.isMarked(asked(`/?${mark}`))).toBe(false);
  });

  it('follows a key that is rotated', () => {
    let key = 'first';
    const rotated = new Probe(() => key, clock);
    const before = words(rotated.address());
    key = 'second';
    expect([rotated.isAddress(before), rotated.isAddress(words(rotated.address()))]).toEqual([false, true]);
  });
});
