import { silentLogger } from '@bouncer/target';
import { pfSenseMissing, startPfSense, type Alias, type PfSenseSandbox } from '@bouncer/sandbox';
import { targetContract, type TargetFixture } from '@bouncer/testkit';
import { ManualClock } from '@bouncer/stream';
import { afterAll, describe } from 'vitest';
import { restrictedKeyLine } from '../src/ssh/helper.ts';
import type { FirewallSettings } from '../src/ssh/firewall-settings.ts';
import { SshTarget } from '../src/ssh-target.ts';
import { keyFile, publicKey, settingsFor } from './fixture.ts';

const missing = await pfSenseMissing();

/** Kept through reloads without a file: its only member is another, empty alias. */
const nested: readonly Alias[] = [
  { name: 'crowdsec_blacklists_empty', type: 'network', address: '' },
  { name: 'crowdsec_blacklists', type: 'network', address: 'crowdsec_blacklists_empty' },
];

/** Firewalls by what they are asked to be: one serves all tests of a contract, emptied in between. */
const firewalls = new Map<string, Promise<PfSenseSandbox>>();
afterAll(async () => {
  for (const one of firewalls.values()) await (await one).close();
});

async function firewall(name: string, aliases?: readonly Alias[]): Promise<PfSenseSandbox> {
  const known = firewalls.get(name) ?? startPfSense(aliases ? { aliases } : {});
  firewalls.set(name, known);
  const pfsense = await known;
  pfsense.pfctl(['-t', 'crowdsec_blacklists', '-T', 'flush']);
  if (!aliases) pfsense.writeFile('# empty\n');
  pfsense.firewall.reload();
  return pfsense;
}

async function fixture(name: string, more: Partial<FirewallSettings>, aliases?: readonly Alias[]) {
  const pfsense = await firewall(name, aliases);
  const settings = settingsFor(pfsense, more);
  pfsense.setKeys('root', [restrictedKeyLine(settings, publicKey)]);
  const clock = new ManualClock();
  return {
    target: new SshTarget(settings, clock, silentLogger),
    clock,
    wipe: () => {
      pfsense.pfctl(['-t', 'crowdsec_blacklists', '-T', 'flush']);
      return Promise.resolve();
    },
    writes: () => pfsense.writes,
  } satisfies TargetFixture;
}

const restricted = { user: 'root', keyFile, password: undefined };

describe.skipIf(missing !== undefined)(`pfSense over SSH (${missing ?? 'ready'})`, () => {
  targetContract('ssh, admin by password', () => fixture('password', {}));
  targetContract('ssh, root with a restricted key', () => fixture('key', restricted));
  targetContract('ssh-table, restricted key', () => fixture('table', { ...restricted, file: false }, nested));
});
