import { ManualClock, parseNetwork } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '@bouncer/target';
import { createProtection } from './protection.ts';

function setUp(lookup: (host: string) => Promise<readonly string[]>, hosts: readonly string[]) {
  const clock = new ManualClock();
  const protection = createProtection({
    allowlist: [parseNetwork('198.51.100.0/24')!],
    blockPrivateNetworks: false,
    hosts,
    clock,
    log: silentLogger,
    lookup,
    ownAddresses: () => ['203.0.113.99', 'fe80::1%eth0'],
  });
  const isBlocked = async (text: string) => (await protection()).shield(parseNetwork(text)!).kept.length > 0;
  return { clock, isBlocked };
}

describe('the protected space', () => {
  it('holds the allowlist, what the hosts resolve to, and ourselves', async () => {
    const { isBlocked } = setUp(() => Promise.resolve(['203.0.113.1', '2001:db8::1']), ['lapi.lan', '203.0.113.50']);
    for (const address of ['198.51.100.9', '203.0.113.1', '2001:db8::1', '203.0.113.50', '203.0.113.99']) {
      expect([address, await isBlocked(address)]).toEqual([address, false]);
    }
    expect(await isBlocked('203.0.113.2')).toBe(true);
  });

  it('follows a name to its new address, and keeps the last one while it cannot be resolved', async () => {
    let answer: readonly string[] | undefined = ['203.0.113.1'];
    const lookup = () => (answer ? Promise.resolve(answer) : Promise.reject(new Error('ENOTFOUND')));
    const { isBlocked } = setUp(lookup, ['lapi.lan']);
    expect(await isBlocked('203.0.113.1')).toBe(false);
    answer = undefined;
    expect(await isBlocked('203.0.113.1')).toBe(false);
    answer = [];
    expect(await isBlocked('203.0.113.1')).toBe(false);
    answer = ['203.0.113.2'];
    expect(await isBlocked('203.0.113.2')).toBe(false);
    expect(await isBlocked('203.0.113.1')).toBe(true);
  });

  it('waits five seconds for a resolver that hangs, and goes on', async () => {
    const { clock, isBlocked } = setUp(() => new Promise(() => undefined), ['lapi.lan']);
    const blocked = isBlocked('203.0.113.2');
    await clock.advance(5000);
    expect(await blocked).toBe(true);
    expect(clock.sleeping).toBe(0);
  });
});
