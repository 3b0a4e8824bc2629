import { createProtectedSpace, instantNow } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { lookupText } from './lookup-text.ts';
import { lookUp } from './lookup.ts';
import { fakeSource, targetStatus } from './testing.ts';

const [router, proxy] = ['router', 'proxy'];

/** Two devices that hold what `held` says. */
function source(held: Readonly<Record<string, readonly string[]>>, reason?: string) {
  const fake = fakeSource();
  fake.now = { ...fake.now, targets: [targetStatus({ name: router }), targetStatus({ name: proxy })] };
  const allowlist = ['198.51.100.7', '10.20.0.0/16'] as Network[];
  const space = createProtectedSpace({ allowlist, addresses: [], blockPrivateNetworks: false });
  return {
    ...fake,
    protectedSpace: () => space,
    holders: (network: Network) =>
      [router, proxy].map((name) => {
        const holds = held[name]?.includes(network) === true;
        return { name, holds, ...(!holds && reason !== undefined && { reason }) };
      }),
  };
}

describe('lookUp', () => {
  it('calls blocked what every device holds, by whatever covers it', () => {
    const both = source({ router: ['45.83.66.0/24'], proxy: ['45.83.66.0/24'] });
    expect(lookUp(both, '45.83.66.9')).toMatchObject({ blocked: true, network: '45.83.66.9' });
    const one = source({ router: ['45.83.66.0/24'] });
    const found = lookUp(one, '45.83.66.9');
    expect(found).toMatchObject({ blocked: false, devices: [{ holds: true }, { name: proxy, holds: false }] });
    expect(found.leftOut).toBeUndefined();
  });

  it('says why a device leaves it out', () => {
    const found = lookUp(source({ router: ['45.83.64.1'] }, 'over MAX_ENTRIES'), '45.83.64.1');
    expect(found).toMatchObject({ blocked: false, leftOut: 'over MAX_ENTRIES' });
    const text = lookupText(found, 0).join('\n');
    expect(text).toContain('45.83.64.1 is not blocked everywhere.');
    expect(text).toContain('proxy: left out, over MAX_ENTRIES');
  });

  it.each([
    ['10.1.2.3', 'private'],
    ['198.51.100.7', 'allowlist'],
    ['10.20.3.0/24', 'private'],
    ['127.0.0.1', 'loopback'],
    ['0.0.0.0/1', 'too wide'],
    ['fe80::1', 'link-local'],
  ])('says that %s is never blocked, whether anybody decided on it or not: %s', (asked, reason) => {
    const found = lookUp(source({}), asked);
    expect(found).toMatchObject({ blocked: false, neverBlocked: reason, decisions: [] });
    expect(lookupText(found, 0).join('\n')).toContain(`is never blocked: ${reason}`);
  });

  it('names the reason of a decision on it, or on a range around it, that was passed over', () => {
    const skipped = { ...source({}), skippedValues: () => [{ value: '203.0.113.0/24', reason: 'origin' }] };
    expect(lookUp(skipped, '203.0.113.9')).toMatchObject({ blocked: false, leftOut: 'origin' });
    expect(lookUp(skipped, '203.0.114.9').leftOut).toBeUndefined();
  });

  it('says how many decisions are inside a range, and how many of their networks every device holds', () => {
    const fake = source({ router: ['45.83.64.1', '45.83.66.0/24'], proxy: ['45.83.64.1'] });
    const end = instantNow(fake.clock) + 60;
    fake.set.add('45.83.64.1' as Network, 7, end, 'cscli', 'again');
    fake.set.add('45.84.0.0' as Network, 8, end, 'cscli', 'beside it');
    fake.set.add('45.80.0.0/12' as Network, 9, end, 'cscli', 'around it');
    expect(lookUp(fake, '45.83.0.0/16').inside).toEqual({ decisions: 3, networks: 2, blocked: 1 });
    expect(lookUp(fake, '2a01::/16').inside).toEqual({ decisions: 1, networks: 1, blocked: 0 });
    expect(lookUp(fake, '45.83.64.1').inside).toBeUndefined();
    expect(lookupText(lookUp(fake, '45.83.0.0/16'), 0).join('\n')).toContain(
      '3 decisions on 2 networks inside it: 1 of them',
    );
  });
});
