import { pfSenseMissing, startPfSense, targetContract, type Alias, type TargetFixture } from '@bouncer/sandbox';
import { ManualClock } from '@bouncer/stream';
import { describe } from 'vitest';
import { restrictedKeyLine } from '../src/ssh/helper.ts';
import type { FirewallSettings } from '../src/ssh/firewall-settings.ts';
import { keyFile, publicKey, settingsFor } from './fixture.ts';
import { SshTarget } from '../src/ssh-target.ts';
import { silentLogger } from '@bouncer/connector';

const missing = await pfSenseMissing();

/** Kept through reloads without a file: its only member is another, empty alias. */
const nested: readonly Alias[] = [
  { name: 'crowdsec_blacklists_empty', type: 'network', address: '' },
  { name: 'crowdsec_blacklists', type: 'network', address: 'crowdsec_blacklists_empty' },
];

async function fixture(more: Partial<FirewallSettings>, aliases?: readonly Alias[]): Promise<TargetFixture> {
  const pfsense = await startPfSense(aliases ? { aliases } : {});
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
    dispose: () => pfsense.close(),
  };
}

const restricted = { user: 'root', keyFile, password: undefined };

describe.skipIf(missing !== undefined)(`pfSense over SSH (${missing ?? 'ready'})`, () => {
  targetContract('ssh, admin by password', () => fixture({}));
  targetContract('ssh, root with a restricted key', () => fixture(restricted));
  targetContract('ssh, tcsh user with sudo', () => fixture({ user: 'operator', sudo: true }));
  targetContract('ssh-table, restricted key', () => fixture({ ...restricted, file: false }, nested));
});
