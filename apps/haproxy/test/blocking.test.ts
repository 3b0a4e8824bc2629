import { readFileSync, writeFileSync } from 'node:fs';
import { ConnectorProcess, runConnectorCommand, startLapi, until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { haproxyMissing } from './debian-haproxy.ts';
import { calm, RealHaproxy } from './real-haproxy.ts';

const reason = await haproxyMissing();

async function setUp(values: readonly string[]) {
  const haproxy = new RealHaproxy();
  onTestFinished(() => haproxy[Symbol.asyncDispose]());
  await haproxy.start();
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  for (const value of values) lapi.decisions.add({ value, duration: 3600, origin: 'cscli', scenario: 'test' });
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    CROWDSEC_UPDATE_FREQUENCY: '1s',
    HTTP_LISTEN: 'off',
    ...haproxy.env,
  };
  const command = (...args: string[]) => runConnectorCommand({ app: 'haproxy', args, env });
  const run = (more: Readonly<Record<string, string>> = {}) => {
    const connector = new ConnectorProcess({ app: 'haproxy', env: { ...env, ...more } });
    onTestFinished(() => connector[Symbol.asyncDispose]());
    return connector;
  };
  const sees = (from: string, status: number) =>
    until(`${from} sees ${status}`, async () => (await haproxy.status(from)) === status);
  return { haproxy, lapi, command, run, sees };
}

describe.skipIf(reason !== undefined)(`from LAPI to HAProxy (${reason ?? 'ready'})`, () => {
  it('bans and unbans addresses and ranges of both families, in the same process', async () => {
    const { haproxy, lapi, run, sees } = await setUp([
      '45.83.64.1',
      '45.83.66.77/24',
      '2A01:4F8:0:0::AB',
      '2a01:4f9::/32',
    ]);
    const pid = await haproxy.pid();
    const connector = run();
    for (const from of ['45.83.64.1', '45.83.66.9', '2a01:4f8::ab', '2a01:4f9:1::7']) await sees(from, 403);
    for (const from of ['45.83.64.2', '45.83.67.1', '2a01:4f8::ac']) expect(await haproxy.status(from)).toBe(200);
    lapi.decisions.add({ value: '45.83.65.1', duration: 3600, origin: 'crowdsec', scenario: 'ssh' });
    await sees('45.83.65.1', 403);
    lapi.decisions.delete({ value: '45.83.65.1' });
    await sees('45.83.65.1', 200);
    expect(await connector.stop()).toBe(0);
    expect(await haproxy.status('45.83.64.1')).toBe(403);
    expect(await haproxy.pid()).toBe(pid);
  });

  it('opens no gap by a reload or a restart: the file has the list', async () => {
    const { haproxy, command, run, sees } = await setUp(['45.83.64.1']);
    const connector = run();
    await sees('45.83.64.1', 403);
    await haproxy.reload();
    expect(await haproxy.status('45.83.64.1')).toBe(403);
    await haproxy.stop();
    await haproxy.start();
    expect(await haproxy.status('45.83.64.1')).toBe(403);
    await connector.stop();
    expect((await command('sync')).stdout).toContain('0 created, 0 updated, 0 deleted');
    expect(readFileSync(haproxy.acl, 'utf8')).toBe('45.83.64.1\n');
  });

  it('heals within 60 s what a reload has lost, what somebody emptied, and a file that was spoiled', async () => {
    const { haproxy, run, sees } = await setUp(['45.83.64.1', '45.83.64.2']);
    run();
    await sees('45.83.64.2', 403);
    writeFileSync(haproxy.acl, '45.1.1.1\n45.1.1.2\n');
    await haproxy.reload();
    await sees('45.83.64.1', 403);
    await sees('45.1.1.1', 200);
    await until('the file is right', () => readFileSync(haproxy.acl, 'utf8').split('\n').length === 3);
    await haproxy.api.ask(`clear acl ${haproxy.acl}`, calm);
    await sees('45.83.64.2', 403);
  });

  it('is the only owner of its ACL: what is foreign, twice or no address goes, and purge leaves nothing', async () => {
    const { haproxy, command } = await setUp(['45.83.64.1']);
    for (const text of ['45.9.9.9', '45.83.64.1', '45.83.64.1', '45.83.64.1/32'])
      await haproxy.api.ask(`add acl ${haproxy.acl} ${text}`, calm);
    expect((await command('sync')).code).toBe(0);
    expect([await haproxy.count(), await haproxy.status('45.83.64.1')]).toEqual([1, 403]);
    expect(await haproxy.status('45.9.9.9')).toBe(200);
    expect((await command('purge')).code).toBe(0);
    expect([await haproxy.count(), readFileSync(haproxy.acl, 'utf8')]).toEqual([0, '']);
  });

  it('takes 100,000 entries in one load', async () => {
    const { haproxy, lapi, command } = await setUp([]);
    lapi.decisions.addMany(
      Array.from({ length: 100_000 }, (_, i) => ({ value: `46.${i >> 14}.${(i >> 6) & 255}.${i & 63}` })),
    );
    const start = performance.now();
    const { code, stdout } = await command('sync');
    const loaded = performance.now();
    expect([code, await haproxy.count()], stdout).toEqual([0, 100_000]);
    expect(await haproxy.status('46.3.1.9')).toBe(403);
    const listed = performance.now();
    await haproxy.target().list(calm);
    const seconds = (ms: number): string => (ms / 1000).toFixed(1);
    process.stdout.write(
      `100,000 entries: sync ${seconds(loaded - start)} s, listing ${seconds(performance.now() - listed)} s\n`,
    );
    expect((await command('sync')).stdout).toContain('0 created, 0 updated, 0 deleted');
  });
});
