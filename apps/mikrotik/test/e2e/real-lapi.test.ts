import {
  realLapiAvailable,
  recentLapiMissing,
  startedAs,
  startRealLapi,
  startRouterOs,
  until,
  type RealLapi,
  type RouterOsSandbox,
} from '@bouncer/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { command, environment, held, list, start } from './product.ts';

const available = await realLapiAvailable();
const missing = await recentLapiMissing();
const title = available.ok ? 'with a real CrowdSec LAPI' : `with a real CrowdSec LAPI (${available.reason})`;

describe.skipIf(!available.ok)(title, () => {
  let lapi: RealLapi;
  let router: RouterOsSandbox;
  let env: Record<string, string>;

  beforeEach(async () => {
    lapi = await startRealLapi();
    router = await startRouterOs();
    env = environment({ url: lapi.url, key: await lapi.addBouncer('my-router') }, router);
  });

  afterEach(async () => {
    await router[Symbol.asyncDispose]();
    await lapi.stop();
  });

  function holds(...addresses: string[]): Promise<number> {
    return until(`the router holds ${addresses.join(', ')}`, () => held(router).join() === addresses.sort().join(), 30);
  }

  function secondsLeft(address: string): number {
    const row = router.rows(undefined, list).find((candidate) => candidate.address === address);
    return row?.timeout ?? 0;
  }

  it('follows what cscli does', async () => {
    await lapi.ban('203.0.113.7', 4 * 3600);
    await lapi.ban('198.51.100.0/24', 3600);
    await lapi.ban('2001:db8::1', 3600);
    await lapi.ban('203.0.113.9', 3600, 'captcha');
    await lapi.ban('10.1.2.3', 3600);
    await lapi.cscli(['decisions', 'add', '--scope', 'Country', '--value', 'FR', '-d', '1h']);
    await using connector = start(env);
    await holds('203.0.113.7', '198.51.100.0/24', '2001:db8::1');

    await lapi.ban('203.0.113.8', 600);
    await holds('203.0.113.7', '203.0.113.8', '198.51.100.0/24', '2001:db8::1');
    await lapi.unban('198.51.100.0/24');
    await holds('203.0.113.7', '203.0.113.8', '2001:db8::1');

    const bouncers = JSON.parse(await lapi.cscli(['bouncers', 'list', '-o', 'json'])) as {
      type: string;
      version: string;
    }[];
    expect(bouncers).toMatchObject([
      { type: startedAs('mikrotik').type, version: expect.stringMatching(/^v\d+\.\d+\.\d+$/) as string },
    ]);
    expect(await connector.stop()).toBe(0);
    expect(held(router)).toHaveLength(3);
  });

  it('keeps an address blocked while any decision on it lives, until the longest ends', async () => {
    await lapi.ban('203.0.113.7', 600);
    await using running = start(env);
    await holds('203.0.113.7');
    expect(secondsLeft('203.0.113.7')).toBeLessThanOrEqual(603);

    await lapi.ban('203.0.113.7', 7200);
    await until('the longer ban lengthens', () => secondsLeft('203.0.113.7') > 7000, 30);
    // The longer of the two goes: the address stays, and its end comes back in time.
    const decisions = JSON.parse(await lapi.cscli(['decisions', 'list', '-o', 'json'])) as {
      decisions: { id: number; duration: string }[];
    }[];
    const longest = decisions
      .flatMap((alert) => alert.decisions)
      .sort((a, b) => b.duration.length - a.duration.length)[0];
    await lapi.cscli(['decisions', 'delete', '--id', String(longest?.id)]);
    await until('the end comes back', () => secondsLeft('203.0.113.7') <= 603, 30);
    expect(held(router)).toEqual(['203.0.113.7']);
    await lapi.unban('203.0.113.7');
    await holds();
    expect(await running.stop()).toBe(0);
  });

  it('finds nothing to write after kill -9, and leaves foreign entries alone', async () => {
    router.addRow({ list, address: '192.0.2.99', comment: 'by hand' });
    await lapi.importDecisions(
      Array.from({ length: 500 }, (_, index) => ({ value: `45.83.${index >> 8}.${index & 255}`, duration: 7200 })),
    );
    const first = start(env);
    await until('all are there', () => held(router).length === 501, 30);
    await first.stop('SIGKILL');
    router.counters.reset();
    const { code, stdout } = await command(['sync'], env);
    expect({ code, writes: router.counters.writes }, stdout).toEqual({ code: 0, writes: 0 });
    expect((await command(['purge'], env)).code).toBe(0);
    expect(held(router)).toEqual(['192.0.2.99']);
  });

  it('goes on blocking while LAPI is away, and catches up when it is back', async () => {
    await lapi.ban('203.0.113.7', 3600);
    await using connector = start(env);
    await holds('203.0.113.7');
    await lapi.halt();
    await until('a failure is logged', () => connector.stdout.includes('pull failed'), 30);
    expect(held(router)).toEqual(['203.0.113.7']);
    await lapi.start();
    await lapi.ban('203.0.113.8', 3600);
    await holds('203.0.113.7', '203.0.113.8');
  });

  it.skipIf(missing !== undefined)(`unbans what an allowlist takes in (${missing ?? 'ready'})`, async () => {
    for (const value of ['203.0.113.7', '198.51.100.0/24', '2001:db8::1']) await lapi.ban(value, 3600);
    await using connector = start(env);
    await holds('203.0.113.7', '198.51.100.0/24', '2001:db8::1');
    await lapi.cscli(['allowlists', 'create', 'ours', '-d', 'of the test']);
    await lapi.cscli(['allowlists', 'add', 'ours', '203.0.113.7', '198.51.100.9']);
    await holds('2001:db8::1');
    expect(await connector.stop()).toBe(0);
  });

  it('passes no hostile text on', async () => {
    const reason = 'x"; /system/reboot \n$[/system/reboot] =list=other \u0000 ü';
    await lapi.cscli([
      'decisions',
      'add',
      '-i',
      '203.0.113.7',
      '-d',
      '1h',
      '--reason',
      reason.replaceAll('\u0000', ''),
    ]);
    await using running = start(env);
    await holds('203.0.113.7');
    const [row] = router.rows(4, list);
    expect(row?.comment).toMatch(/^[\x20-\x7e]*$/);
    expect(router.rows().filter((candidate) => candidate.list !== list)).toEqual([]);
    expect(await running.stop()).toBe(0);
  });
});
