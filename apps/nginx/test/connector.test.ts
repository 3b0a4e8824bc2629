import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConnectorProcess, runConnectorCommand, startLapi, type LapiSandbox } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nginxMissing } from './debian-nginx.ts';
import { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();

function settings(lapi: LapiSandbox, nginx: RealNginx): Record<string, string> {
  return {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    CROWDSEC_UPDATE_FREQUENCY: '1s',
    NGINX_OUTPUT_DIR: nginx.output,
    HTTP_LISTEN: 'off',
  };
}

async function setUp(values: readonly string[]) {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  for (const value of values) lapi.decisions.add({ value, duration: 3600, origin: 'cscli', scenario: 'test' });
  return { nginx, lapi, env: settings(lapi, nginx) };
}

describe.skipIf(reason !== undefined)(`from LAPI to NGINX (${reason ?? 'ready'})`, () => {
  it('bans and unbans in all four workers, whose process ids stay, and after a kill -9 as well', async () => {
    const { nginx, lapi, env } = await setUp(['45.83.64.1', '45.83.66.77/24', '2A01:4F8:0:0::AB']);
    expect((await runConnectorCommand({ app: 'nginx', args: ['sync'], env })).code).toBe(0);
    await nginx.configure({ workers: 4, http: `include ${nginx.output}/crowdsec.conf;` });
    await nginx.start();
    const { workers } = nginx;
    expect(
      await Promise.all(['45.83.64.1', '45.83.66.1', '2a01:4f8::ab', '45.83.64.2'].map((from) => nginx.status(from))),
    ).toEqual([403, 403, 403, 200]);
    for (let round = 0; round < 2; round += 1) {
      const connector = new ConnectorProcess({ app: 'nginx', env });
      onTestFinished(() => connector[Symbol.asyncDispose]());
      const address = `45.83.65.${round + 1}`;
      lapi.decisions.add({ value: address, duration: 3600, origin: 'crowdsec', scenario: 'ssh' });
      await nginx.everyWorker(address, 403);
      lapi.decisions.delete({ value: address });
      await nginx.everyWorker(address, 200);
      expect(await nginx.status('45.83.64.1')).toBe(403);
      await connector.stop(round === 0 ? 'SIGKILL' : 'SIGTERM');
    }
    expect(nginx.workers).toEqual(workers);
  });

  it('heals files that were damaged or removed while the connector ran or not', async () => {
    const { nginx, env } = await setUp(['45.83.64.1']);
    const sync = () => runConnectorCommand({ app: 'nginx', args: ['sync'], env });
    await sync();
    const file = path.join(nginx.output, 'decisions.bin');
    const good = readFileSync(file);
    writeFileSync(file, 'nonsense');
    rmSync(path.join(nginx.output, 'crowdsec.lua'));
    expect((await sync()).code).toBe(0);
    expect(readFileSync(file).length).toBe(good.length);
    expect(statSync(path.join(nginx.output, 'crowdsec.lua')).mode & 0o777).toBe(0o644);
    const { ino } = statSync(file);
    expect((await sync()).stdout).toContain('0 created, 0 updated, 0 deleted');
    expect(statSync(file).ino).toBe(ino);
  });

  it('is checked by the doctor, who writes nothing', async () => {
    const { env } = await setUp(['45.83.64.1']);
    const before = await runConnectorCommand({ app: 'nginx', args: ['check'], env });
    expect([before.code, before.stdout]).toEqual([1, expect.stringMatching(/^FAIL files not in .*decisions\.bin/m)]);
    await runConnectorCommand({ app: 'nginx', args: ['sync'], env });
    const { stdout } = await runConnectorCommand({ app: 'nginx', args: ['check'], env });
    expect(stdout).toMatch(/^ok files all in place, 1 entries$/m);
  });

  it.each([
    [{ NGINX_MODE: 'perl' }, /NGINX_MODE.*lua, geo, stock/],
    [{ NGINX_BAN_STATUS: '200' }, /NGINX_BAN_STATUS.*400 to 599/],
    [{ NGINX_CONFIG_DIR: 'relative' }, /NGINX_CONFIG_DIR.*absolute path/],
    [{ NGINX_CONFIG_DIR: '/a b;}' }, /NGINX_CONFIG_DIR/],
    [{ NGINX_OUTPUT_DIR: '/tmp/$x' }, /NGINX_OUTPUT_DIR/],
    [{ NGINX_STATUS_URL: 'https://a/b' }, /NGINX_STATUS_URL.*HOST:PORT/],
    [{ NGINX_BAN_PAGE_FILE: '/nowhere.html' }, /NGINX_BAN_PAGE_FILE.*no such file/],
  ])('ends with code 2 for %o', async (wrong, line) => {
    const env = { CROWDSEC_API_URL: 'http://127.0.0.1:1', CROWDSEC_BOUNCER_API_KEY: 'k', ...wrong };
    const { code, stderr } = await runConnectorCommand({ app: 'nginx', args: ['run'], env });
    expect([code, stderr]).toEqual([2, expect.stringMatching(line)]);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
