import {
  crowdsecAlias,
  pfSenseMissing,
  startPfSense,
  type PfSenseOptions,
  type PfSenseSandbox,
} from '@bouncer/sandbox';
import type { CheckStep } from '@bouncer/target';
import { systemClock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FirewallSettings } from '../src/ssh/firewall-settings.ts';
import { addresses, calm, fixedPassword, filled, targetFor } from './fixture.ts';

const missing = await pfSenseMissing();

async function start(options: PfSenseOptions = {}): Promise<PfSenseSandbox> {
  const pfsense = await startPfSense(options);
  onTestFinished(() => pfsense.close());
  return pfsense;
}

async function check(pfsense: PfSenseSandbox, more: Partial<FirewallSettings> = {}): Promise<CheckStep[]> {
  const steps: CheckStep[] = [];
  for await (const step of targetFor(pfsense, systemClock, more).check(calm)) steps.push(step);
  return steps;
}

describe.skipIf(missing !== undefined)(`check and setup of pfSense (${missing ?? 'ready'})`, () => {
  it('passes every step of a firewall that is set up, and writes nothing', async () => {
    const pfsense = await start();
    const steps = await check(pfsense);
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.map(({ step }) => step)).toEqual([
      'dns',
      'tcp',
      'host key',
      'login',
      'rights',
      'alias',
      'pf',
      'rule',
      'room',
      'file',
      'states',
      'package',
    ]);
    expect(steps.find(({ step }) => step === 'rights')?.seen).toContain('2.8.1-RELEASE');
    expect(pfsense.writes).toBe(0);
  });

  it.each([
    ['no rule uses the alias', { rules: [] }, {}, 'rule', 'Firewall > Rules > WAN'],
    ['the alias is missing', { aliases: [], rules: [] }, {}, 'alias', 'setup'],
    [
      'the official package owns the alias',
      { aliases: [{ ...crowdsecAlias, descr: 'CrowdSec (DO NOT EDIT)' }] },
      {},
      'package',
      'Package Manager',
    ],
    [
      'something may answer at the URL of the alias',
      { aliases: [{ ...crowdsecAlias, url: 'https://127.0.0.1/crowdsec_blacklists.txt' }] },
      {},
      'url',
      'setup --apply',
    ],
    ['the password is wrong', {}, { password: fixedPassword('no') }, 'login', 'PFSENSE_PASSWORD'],
    ['the host key is another', {}, { hostKeys: [`SHA256:${'B'.repeat(43)}`] }, 'host key', 'PFSENSE_HOST_KEY=SHA256:'],
    ['a tcsh user has no rights', {}, { user: 'guest' }, 'rights', 'PFSENSE_SUDO=true'],
  ] as const)('says so when %s', async (_, options, more, step, fix) => {
    const failed = (await check(await start(options), more)).filter(({ level }) => level !== 'ok');
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ step, fix: expect.stringContaining(fix) as string });
  });

  it('says whom a node of a pair hands alias and rule to, when the list does not get there', async () => {
    const pfsense = await start();
    pfsense.firewall.writeConfig({ ...pfsense.firewall.config, partner: '192.168.1.3' });
    const step = async (...hosts: string[]) => (await check(pfsense, { hosts })).find((each) => each.step === 'pair');
    expect(await step('192.168.1.2')).toMatchObject({
      level: 'warn',
      fix: expect.stringContaining('PFSENSE_HOST=192.168.1.2,192.168.1.3') as string,
    });
    for (const hosts of [['192.168.1.2', '192.168.1.3'], ['fw1.lan']]) {
      expect(await step(...hosts)).toMatchObject({ level: 'ok' });
    }
  });

  it('says so when the limit is too small', async () => {
    const pfsense = await start();
    pfsense.firewall.limits.tableEntries = 1500;
    expect((await check(pfsense)).find(({ ok }) => !ok)).toMatchObject({
      step: 'room',
      fix: expect.stringContaining('MAX_ENTRIES=750') as string,
    });
  });

  it.each([true, false])(
    'sets alias and rule up by real PHP, after telling, and once only (file: %s)',
    async (file) => {
      const pfsense = await start({ aliases: [], rules: [] });
      const target = targetFor(pfsense, systemClock, { file });
      const told = await target.applySetup(true, calm);
      expect(told).toContain('alias crowdsec_blacklists: new');
      expect(told).toContain('rule: new');
      expect(pfsense.firewall.config.aliases).toEqual([]);
      expect(await target.applySetup(false, calm)).toContain('written');
      expect(await target.applySetup(false, calm)).not.toContain('new');
      expect((await check(pfsense, { file })).filter(({ ok }) => !ok)).toEqual([]);
      await filled(target, systemClock, addresses(5));
      pfsense.firewall.reload();
      expect(pfsense.entriesOf()).toEqual(addresses(5));
      await target.close();
    },
  );
});
