import type { FirewallSettings } from './config.ts';
import { setNames } from './nftables/names.ts';
import { matchOf } from './nftables/layout.ts';

const TYPE = 'crowdsec-firewall-bouncer';

/** What to paste, with this configuration's names. */
export function setupText(settings: FirewallSettings): string {
  const flags = flagsOf(settings);
  const sections = [
    settings.setOnly ? ownRules(settings) : noRules(settings),
    dockerRun(flags),
    compose(flags),
    systemdUnit(settings),
  ];
  return `${sections.join('\n\n')}\n`;
}

function flagsOf({ mode, table, hooks, priority, setOnly, denyAction, denyLog, families }: FirewallSettings): string[] {
  const all: [string, string, string][] = [
    ['FIREWALL_MODE', mode, 'nftables'],
    ['FIREWALL_TABLE', table, 'crowdsec'],
    ['FIREWALL_HOOKS', hooks.join(','), mode === 'nftables' ? 'input,forward' : 'INPUT,FORWARD'],
    ['FIREWALL_PRIORITY', String(priority), '-10'],
    ['FIREWALL_SET_ONLY', String(setOnly), 'false'],
    ['FIREWALL_DENY_ACTION', denyAction, 'DROP'],
    ['FIREWALL_DENY_LOG', String(denyLog), 'false'],
    ['FIREWALL_IPV6', String(families.includes(6)), 'true'],
  ];
  return all.filter(([, value, standard]) => value !== standard).map(([name, value]) => `${name}=${value}`);
}

function noRules({ mode, table, hooks, denyAction }: FirewallSettings): string {
  const place = mode === 'nftables' ? `table inet ${table}, hooks` : `ipsets ${table}-4 and ${table}-6, chains`;
  return `# Nothing to set up in the firewall: sets and rules are made by the connector itself
# (${place} ${hooks.join(' and ')}, ${denyAction}). One of the following starts it.`;
}

function ownRules({ mode, table, families, denyAction }: FirewallSettings): string {
  const rules =
    mode === 'nftables'
      ? setNames(families).map(
          (set) => `nft add rule inet ${table} YOUR_CHAIN ${matchOf(set)} ${denyAction.toLowerCase()}`,
        )
      : families.map(
          (family) =>
            `${family === 4 ? 'iptables' : 'ip6tables'} -I INPUT -m set --match-set ${table}-${family} src -j ${denyAction}`,
        );
  const place =
    mode === 'nftables'
      ? `# They must stand in table inet ${table}: rules reach only the sets of their own table.\n`
      : '';
  return `# FIREWALL_SET_ONLY is set: these rules are yours to keep.\n${place}${rules.join('\n')}`;
}

function dockerRun(flags: readonly string[]): string {
  const settings = [
    'CROWDSEC_API_URL=https://crowdsec.protected.lan/lapi',
    "CROWDSEC_BOUNCER_API_KEY='<key>'",
    ...flags,
  ];
  return `# Docker. It needs the host's network and the right CAP_NET_ADMIN, and nothing else.
docker run -d --name ${TYPE} --restart=unless-stopped \\
  --network host --cap-drop ALL --cap-add NET_ADMIN --read-only \\
${settings.map((text) => `  -e ${text} \\\n`).join('')}  -v /etc/ssl/certs:/etc/ssl/certs:ro IMAGE`;
}

function compose(flags: readonly string[]): string {
  const settings = ['CROWDSEC_API_URL=https://crowdsec.protected.lan/lapi', ...flags];
  const lines = settings.map((text) => `      ${text.replace('=', ': "')}"`).join('\n');
  return `# compose.yaml
services:
  firewall-bouncer:
    image: IMAGE
    restart: unless-stopped
    network_mode: host
    cap_drop: [ALL]
    cap_add: [NET_ADMIN]
    read_only: true
    environment:
${lines}
      CROWDSEC_BOUNCER_API_KEY_FILE: /run/secrets/crowdsec_key
    secrets: [crowdsec_key]
    volumes: ["/etc/ssl/certs:/etc/ssl/certs:ro"]
secrets:
  crowdsec_key:
    file: ./crowdsec_key`;
}

function systemdUnit({ mode }: FirewallSettings): string {
  const families = mode === 'nftables' ? 'AF_NETLINK AF_INET AF_INET6' : 'AF_NETLINK AF_INET AF_INET6 AF_UNIX';
  return `# /etc/systemd/system/${TYPE}.service
# Settings: /etc/${TYPE}.env (mode 0600), one NAME=value on a line.
[Unit]
Description=CrowdSec decisions in the firewall of this host
After=network-online.target nftables.service
Wants=network-online.target

[Service]
EnvironmentFile=/etc/${TYPE}.env
ExecStart=/usr/bin/node /opt/${TYPE}/main.cjs run
Restart=always
RestartSec=2
DynamicUser=yes
AmbientCapabilities=CAP_NET_ADMIN
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectControlGroups=yes
ProtectKernelTunables=yes
ProtectClock=yes
RestrictNamespaces=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=${families}
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target`;
}
