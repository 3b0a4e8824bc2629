import { defineConnector, type Target } from '@bouncer/connector';
import { pfsenseSettings, validatePfSense, type PfSenseValues } from './config.ts';
import type { FirewallSettings } from './ssh/firewall-settings.ts';

/** The pfSense connector. What a mode does not need is not loaded. */
export const connector = defineConnector({
  name: 'pfsense',
  type: 'crowdsec-pfsense-bouncer',
  title: 'pfSense',
  summary: "Keeps CrowdSec's decisions in an alias of a pfSense or OPNsense firewall.",
  settings: pfsenseSettings,
  deviceHosts: (values) => [
    ...values.host.map(({ host }) => host),
    ...(values.apiUrl === undefined ? [] : [new URL(values.apiUrl).hostname.replace(/^\[|\]$/g, '')]),
  ],
  validate: validatePfSense,
  async createTargets(values, { clock, log }): Promise<readonly Target[]> {
    const { SshTarget } = await import('./ssh-target.ts');
    return firewallsOf(values).map((settings) => new SshTarget(settings, clock, log));
  },
});

/** One set of settings for each firewall. */
export function firewallsOf(values: PfSenseValues): readonly FirewallSettings[] {
  const { user, password, keyFile, keyPassphrase, hostKey, knownHostsFile, alias, sudo, killStates } = values;
  return values.host.map(({ host, port }) => ({
    host,
    port: port ?? values.sshPort,
    user,
    password,
    keyFile,
    keyPassphrase,
    hostKeys: hostKey.map((pin) => pin.replace(/=+$/, '')),
    knownHostsFile,
    alias,
    file: values.mode === 'ssh',
    sudo,
    killStates,
  }));
}
