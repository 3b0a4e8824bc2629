import { execFileSync } from 'node:child_process';
import path from 'node:path';
import {
  ConnectorProcess,
  pfSenseMissing,
  runConnectorCommand,
  startedAs,
  startLapi,
  startPfSense,
  until,
  type PfSenseSandbox,
} from '@bouncer/sandbox';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyFile, publicKey } from '../fixture.ts';

const missing = await pfSenseMissing();
const root = path.resolve(import.meta.dirname, '../../../..');

function environment(lapi: { url: string; key: string }, firewalls: readonly PfSenseSandbox[]): Record<string, string> {
  for (const firewall of firewalls) firewall.setKeys('admin', [publicKey]);
  return {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    CROWDSEC_UPDATE_FREQUENCY: '1s',
    PFSENSE_HOST: firewalls.map(({ port }) => `127.0.0.1:${port}`).join(','),
    PFSENSE_SSH_KEY_FILE: keyFile,
    PFSENSE_HOST_KEY: firewalls.map(({ hostKeyFingerprint }) => hostKeyFingerprint).join(','),
    HTTP_LISTEN: 'off',
  };
}

function run(env: Record<string, string>, ...args: string[]): ReturnType<typeof runConnectorCommand> {
  return runConnectorCommand({ app: 'pfsense', args, env, file: 'bundle' });
}

describe.skipIf(missing !== undefined)(`the bundle between LAPI and pfSense (${missing ?? 'ready'})`, () => {
  beforeAll(() => {
    execFileSync(process.execPath, [path.join(root, 'tools/build.ts'), startedAs('pfsense').program], { cwd: root });
  });

  it('keeps two firewalls in step, each on its own, through a kill and a reload, and purges them', async () => {
    const both = [...Array.from({ length: 9 }, (_, index) => `45.83.64.${index + 1}`), '2001:db8:9::/48'];
    await using lapi = await startLapi({ decisions: both.map((value) => ({ value, duration: 3600 })) });
    await using first = await startPfSense();
    await using second = await startPfSense();
    const env = environment(lapi, [first, second]);
    const plan = await run(env, 'plan', '--json');
    expect([plan.code, first.writes]).toEqual([0, 0]);
    const connector = new ConnectorProcess({ app: 'pfsense', args: ['run'], env, file: 'bundle' });
    const holds = (entries: readonly string[]) =>
      [first, second].every((one) => JSON.stringify(one.entriesOf()) === JSON.stringify(entries));
    await until('both hold the list', () => holds(both));
    lapi.decisions.add({ value: '45.83.65.1', duration: 3600 });
    const more = both.toSpliced(-1, 0, '45.83.65.1');
    await until('both hold the new ban', () => holds(more));
    expect(second.link.connections).toBe(2);
    await connector.stop('SIGKILL');
    expect(holds(more)).toBe(true);
    // Nobody is there to heal what a reload brings back; the next start does.
    first.firewall.reload();
    expect(first.entriesOf()).toEqual(both);
    const sync = await run(env, 'sync');
    expect([sync.code, sync.stderr]).toEqual([0, '']);
    expect(holds(more)).toBe(true);
    const writes = first.writes + second.writes;
    expect((await run(env, 'sync')).code).toBe(0);
    expect(first.writes + second.writes).toBe(writes);
    const check = await run(env, 'check');
    expect([check.code, check.stdout.match(/^FAIL.*$/gm)]).toEqual([0, null]);
    expect((await run(env, 'purge')).code).toBe(0);
    expect(holds([])).toBe(true);
    expect(first.fileOf()).toMatch(/^# CrowdSec/);
  });

  it('ends with exit 1 and a line with its fix, the old list in force, and goes on with the other firewall', async () => {
    await using lapi = await startLapi({ decisions: [{ value: '45.83.64.1', duration: 3600 }] });
    await using good = await startPfSense();
    await using bad = await startPfSense({ aliases: [], rules: [] });
    const { code, stderr, stdout } = await run(environment(lapi, [good, bad]), 'sync');
    expect(code).toBe(1);
    expect(stdout).toContain(`pfsense 127.0.0.1:${good.port}: in step`);
    expect(stderr).toContain(
      `pfsense 127.0.0.1:${bad.port}: not in step: the firewall has no alias crowdsec_blacklists`,
    );
    expect(stderr).toContain('fix: make it as `setup` shows');
    expect(good.entriesOf()).toEqual(['45.83.64.1']);
  });

  it('names every setting that is wrong, and contacts nothing', async () => {
    const env = {
      CROWDSEC_API_URL: 'http://127.0.0.1:1',
      CROWDSEC_BOUNCER_API_KEY: 'k',
      PFSENSE_HOST_KEY: 'MD5:00',
      PFSENSE_ALIAS: 'crowdsec-blacklists',
    };
    const { code, stderr } = await run(env, 'check');
    expect(code).toBe(2);
    expect(stderr).toContain('PFSENSE_ALIAS');
    const { stderr: rest } = await run({ ...env, PFSENSE_ALIAS: 'crowdsec' }, 'check');
    for (const variable of ['PFSENSE_HOST:', 'PFSENSE_SSH_KEY_FILE:', 'PFSENSE_HOST_KEY:'])
      expect(rest).toContain(variable);
  });
});
