import { defineKind } from '@bouncer/target';
import { firewallSettings, settingsFor, validateFirewall } from './config.ts';
import { givenSettings } from './setup/given-settings.ts';
import { goBouncer } from './import/go-bouncer.ts';
import { IptablesTarget } from './iptables/target.ts';
import { NftablesTarget } from './nftables/target.ts';
import { programRunner } from './program.ts';

/** The connector for the firewall of the host that it runs on. */
export const kind = defineKind({
  name: 'firewall',
  type: 'crowdsec-firewall-bouncer',
  title: 'Linux firewall',
  summary: "Drops what CrowdSec has decided to block in this host's own firewall (nftables, or iptables with ipset).",
  settings: firewallSettings,
  // The device is this host; its own addresses are never blocked anyway.
  deviceHosts: () => [],
  importer: goBouncer,
  validate: validateFirewall,
  createTargets(values, { clock, log }) {
    const settings = settingsFor(values, givenSettings(values));
    const run = programRunner();
    return [
      settings.mode === 'nftables'
        ? new NftablesTarget(settings, clock, log, run)
        : new IptablesTarget(settings, clock, log, run),
    ];
  },
});
