import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Lab } from './lab.ts';
import { kernelMissing, Namespace } from './namespace.ts';

const reason = kernelMissing();

describe.skipIf(reason !== undefined)(`the connector as a service (${reason ?? 'ready'})`, () => {
  it('heals a flushed ruleset by itself, and says so', async () => {
    await using lab = await Lab.create();
    await lab.tell(['ban 45.83.64.1']);
    const connector = lab.start();
    await until('the ban counts', async () => !(await lab.answers('45.83.64.1')));
    await lab.host.run('nft flush ruleset');
    expect(await lab.answers('45.83.64.1')).toBe(true);
    await until('it is healed', async () => !(await lab.answers('45.83.64.1')), 60);
    expect(connector.stdout).toContain('sets or rules of the connector were changed from outside');
  });

  it('runs no nft for a poll without news', async () => {
    await using lab = await Lab.create();
    const { folder, log } = await countingPath();
    await lab.tell(['ban 45.83.64.1']);
    lab.start({ PATH: `${folder}:${process.env['PATH'] ?? ''}`, LOG_LEVEL: 'debug' });
    await until('the ban counts', async () => !(await lab.answers('45.83.64.1')));
    const runs = async (): Promise<number> => (await readFile(log, 'utf8')).split('\n').length;
    // The verification of every 20 s is the only thing that may run it: look right behind one.
    const before = await runs();
    await until('a verification has come and gone', async () => (await runs()) >= before + 2, 60);
    const after = await runs();
    const segments = await segmentsIn(lab);
    await until('many polls later', async () => (await segmentsIn(lab)) >= segments + 200);
    expect(await runs()).toBe(after);
  });

  it('works for a user who is not root and has CAP_NET_ADMIN, and names it to one who has not', async () => {
    const namespace = await Namespace.create();
    onTestFinished(() => namespace[Symbol.asyncDispose]());
    const nobody = [...namespace.prefix, 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const env = { CROWDSEC_API_URL: 'http://127.0.0.1:9', CROWDSEC_BOUNCER_API_KEY: 'key' };
    const stepsOf = async (launcher: readonly string[]): Promise<string> => {
      const connector = new ConnectorProcess({ app: 'firewall', args: ['check'], env, launcher });
      await connector.ended;
      return connector.stdout;
    };
    const without = await stepsOf(nobody);
    expect(without).toMatch(
      /^FAIL rights .*\n  fix: the right CAP_NET_ADMIN is missing.*--cap-add NET_ADMIN --network host/m,
    );
    const given = await stepsOf([...nobody, '--inh-caps=+net_admin', '--ambient-caps=+net_admin']);
    expect(given).toMatch(/^ok rights /m);
    expect(given).toMatch(/^ok kernel /m);
  });
});

/** A folder with an `nft` that notes each of its calls. */
async function countingPath(): Promise<{ readonly folder: string; readonly log: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'count-nft-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const log = path.join(folder, 'log');
  await writeFile(log, '');
  await writeFile(path.join(folder, 'nft'), `#!/bin/sh\necho "$@" >>${log}\nexec /usr/sbin/nft "$@"\n`);
  await chmod(path.join(folder, 'nft'), 0o755);
  return { folder, log };
}

/** TCP segments that the host has taken in: every poll adds some. */
async function segmentsIn(lab: Lab): Promise<number> {
  const text = await lab.host.run('cat /proc/net/snmp');
  const [names = '', values = ''] = text.split('\n').filter((line) => line.startsWith('Tcp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('InSegs')]);
}
