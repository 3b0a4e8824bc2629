import { listBy } from '@bouncer/testkit';
import { startRouterOs, type RouterOsOptions, type RouterOsSandbox } from '@bouncer/sandbox';
import { AuthError, ManualClock, TransientError } from '@bouncer/stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ScriptedServer, tagOf } from '../src/routeros/testing.ts';
import { MikrotikTarget } from '../src/target.ts';
import type { RouterSettings } from '../src/router-settings.ts';
import { apply, calm, entry, fixedPassword, routerSettings, recordingLogger } from './fixture.ts';

const MIB = 1024 * 1024;

async function bench(
  options: RouterOsOptions = {},
  more: Partial<RouterSettings> = {},
): Promise<{
  router: RouterOsSandbox;
  target: MikrotikTarget;
  clock: ManualClock;
  log: ReturnType<typeof recordingLogger>;
}> {
  const clock = new ManualClock();
  const router = await startRouterOs({ ...options, clock });
  const log = recordingLogger();
  const target = new MikrotikTarget(routerSettings(router, more), clock, log);
  onTestFinished(async () => {
    await target.close();
    await router.close();
  });
  return { router, target, clock, log };
}

describe('open', () => {
  it('writes nothing and tells what router it is', async () => {
    const { router, target } = await bench({ facts: { totalMemoryBytes: 512 * MIB, freeMemoryBytes: 300 * MIB } });
    await target.open(calm);
    expect(router.counters.entriesTouched).toBe(0);
    expect(target.facts()).toMatchObject({
      version: '7.20.1 (stable)',
      board: 'RB5009UG+S+',
      total_memory_bytes: 512 * MIB,
      free_memory_bytes: 300 * MIB,
      uptime_seconds: 0,
      window: 8,
    });
  });

  it('reads the password again after a refused login, and tries at once when it is another one', async () => {
    let value = 'old';
    const password = { value: () => value, refresh: () => value !== (value = 'secret') };
    const { router, target } = await bench({}, { password });
    await target.open(calm);
    expect([router.counters.logins, router.counters.connections]).toEqual([1, 2]);
  });

  it('tries a refused login once when the password is the same', async () => {
    const { router, target } = await bench({}, { password: fixedPassword('wrong') });
    await expect(target.open(calm)).rejects.toBeInstanceOf(AuthError);
    expect(router.counters.connections).toBe(1);
  });

  it('leaves IPv6 out, with one warning, when the router does not have it', async () => {
    const clock = new ManualClock();
    await using server = await ScriptedServer.start((words) => {
      const tag = tagOf(words);
      if (words[0]?.startsWith('/ipv6/'))
        return [
          ['!trap', '=message=no such command prefix', tag],
          ['!done', tag],
        ];
      return [
        [
          '!done',
          tag,
          ...(words.includes('=count-only=') ? ['=ret=0'] : ['=ret=*1'].slice(words[0] === '/login' ? 1 : 0)),
        ],
      ];
    });
    const log = recordingLogger();
    const target = new MikrotikTarget(routerSettings({ host: '127.0.0.1', port: server.port }), clock, log);
    await target.open(calm);
    const capabilities = await target.open(calm);
    expect(capabilities.families).toEqual([4]);
    expect(log.lines.filter(({ message }) => message.includes('no IPv6'))).toHaveLength(1);
    const told = await apply(target, { create: [entry(clock, '203.0.113.1'), entry(clock, '2001:db8::1')] });
    expect([told.held.size, told.refusals.size]).toEqual([1, 0]);
    expect(await target.verify((await listBy(target, calm)).held, calm)).toBe(true);
    expect(server.received.filter(([command]) => command?.startsWith('/ipv6/'))).toHaveLength(2);
    await target.close();
  });

  it.each([
    [32, 5000],
    [64, 5000],
    [128, 15_000],
    [256, 30_000],
    [512, undefined],
  ])('limits a router of %s MiB to %s entries, and says so once', async (mebibytes, limit) => {
    const { target, log } = await bench({ facts: { totalMemoryBytes: mebibytes * MIB } });
    await target.open(calm);
    const capabilities = await target.open(calm);
    expect(capabilities.maxEntries).toBe(limit);
    expect(log.lines.filter(({ message }) => message.includes('small'))).toHaveLength(limit === undefined ? 0 : 1);
  });

  it('lets MAX_ENTRIES of the user count instead', async () => {
    const { target, log } = await bench({ facts: { totalMemoryBytes: 64 * MIB } }, { maxEntries: 50_000 });
    const capabilities = await target.open(calm);
    expect(capabilities.maxEntries).toBeUndefined();
    expect(log.lines.filter(({ message }) => message.includes('small'))).toEqual([]);
  });

  it('fails, not for ever, when the router goes silent behind the login', async () => {
    const { router, target, clock } = await bench();
    router.swallowReply(1);
    const opening = target.open(calm);
    opening.catch(() => {});
    await vi.waitUntil(() => router.counters.commands === 2);
    await clock.advance(36_000);
    await expect(opening).rejects.toBeInstanceOf(TransientError);
    await target.open(calm);
  });

  it('is needed before anything else, and again after the connection is lost', async () => {
    const { router, target } = await bench();
    await expect(listBy(target, calm)).rejects.toThrow(/not connected/);
    await target.open(calm);
    router.kill();
    await vi.waitUntil(() => router.connections === 0);
    await expect(listBy(target, calm)).rejects.toBeInstanceOf(TransientError);
    await expect(target.verify(new Map(), calm)).rejects.toBeInstanceOf(TransientError);
    await target.open(calm);
    expect((await listBy(target, calm)).held.size).toBe(0);
  });
});
