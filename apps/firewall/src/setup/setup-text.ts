import { shellWord } from '@bouncer/target';
import type { FirewallSettings } from '../config.ts';
import type { GivenSettings } from './given-settings.ts';

const TYPE = 'crowdsec-firewall-bouncer';

/**
 * What to paste, with this configuration's names and values. Secrets are named and never printed. `ownRules` are the
 * commands for the rules that FIREWALL_SET_ONLY leaves to people.
 */
export function setupText(settings: FirewallSettings, ownRules: readonly string[]): string {
  const { given } = settings;
  const variables = [...given.settings, ...flagsOf(settings)];
  const sections = [
    settings.setOnly ? rulesToKeep(ownRules) : noRules(settings),
    dockerRun(settings, variables),
    compose(settings, variables),
    environmentFile(given, variables),
    systemdUnit(settings),
  ];
  return `${sections.join('\n\n')}\n`;
}

type Variable = readonly [name: string, value: string];

function flagsOf(settings: FirewallSettings): readonly Variable[] {
  const { mode, table, hooks, priority, setOnly, denyAction, denyLog, families } = settings;
  const { logPrefix, blockOutgoing, interfaces, connections, stateDir = '' } = settings;
  const all: [string, string, string][] = [
    ['FIREWALL_MODE', mode, 'nftables'],
    ['FIREWALL_TABLE', table, 'crowdsec'],
    ['FIREWALL_HOOKS', hooks.join(','), mode === 'nftables' ? 'input,forward' : 'INPUT,FORWARD'],
    ['FIREWALL_PRIORITY', String(priority), '-10'],
    ['FIREWALL_SET_ONLY', String(setOnly), 'false'],
    ['FIREWALL_DENY_ACTION', denyAction, 'DROP'],
    ['FIREWALL_DENY_LOG', String(denyLog), 'false'],
    ['FIREWALL_LOG_PREFIX', logPrefix, 'crowdsec drop:'],
    ['FIREWALL_BLOCK_OUTGOING', String(blockOutgoing), 'false'],
    ['FIREWALL_INTERFACES', interfaces.join(','), ''],
    ['FIREWALL_CONNECTIONS', connections, 'all'],
    ['FIREWALL_STATE_DIR', stateDir, ''],
    ['FIREWALL_IPV6', String(families.includes(6)), 'true'],
  ];
  return all.filter(([, value, standard]) => value !== standard).map(([name, value]) => [name, value]);
}

function noRules({ mode, table, hooks, denyAction }: FirewallSettings): string {
  const place = mode === 'nftables' ? `table inet ${table}, hooks` : `ipsets ${table}-4 and ${table}-6, chains`;
  return `# Nothing to set up in the firewall: sets and rules are made by the connector itself
# (${place} ${hooks.join(' and ')}, ${denyAction}). One of the following starts it.`;
}

function rulesToKeep(rules: readonly string[]): string {
  return `# FIREWALL_SET_ONLY is set: these rules are yours to keep, ahead of all that lets anything in.\n${rules.join('\n')}`;
}

/** iptables of the older kind keeps its lock in /run. */
function needsRun({ mode }: FirewallSettings): boolean {
  return mode === 'iptables';
}

function dockerRun(settings: FirewallSettings, variables: readonly Variable[]): string {
  const { secrets } = settings.given;
  const lines = [
    '--network host --cap-drop ALL --cap-add NET_ADMIN --read-only',
    ...(needsRun(settings) ? ['--tmpfs /run'] : []),
    ...variables.map(([name, value]) => `-e ${word(`${name}=${value}`)}`),
    ...secrets.map((name) => `-e ${name}`),
    ...volumesOf(settings).map((volume) => `-v ${word(volume)}`),
  ];
  return `# Docker. It needs the host's network and the right CAP_NET_ADMIN, and nothing else. The page is for this host alone.
# ${secrets.join(' and ') || 'No secret'} ${secrets.length > 1 ? 'are' : 'is'} taken from the environment of your shell.
docker run -d --name ${TYPE} --restart=unless-stopped \\
${lines.map((line) => `  ${line} \\\n`).join('')}  ${TYPE}`;
}

function volumesOf({ given, stateDir }: FirewallSettings): readonly string[] {
  const kept = stateDir === undefined ? [] : [`${stateDir}:${stateDir}`];
  return [...['/etc/ssl/certs', ...given.files].map((file) => `${file}:${file}:ro`), ...kept];
}

/** A word of a shell, in quotes only where it needs them. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellWord(text);
}

function compose(settings: FirewallSettings, variables: readonly Variable[]): string {
  const { secrets } = settings.given;
  const quoted = (text: string): string => JSON.stringify(text.replaceAll('$', '$$$$'));
  const named = secrets.map((name) => [name, name.replace(/^CROWDSEC_BOUNCER_API_KEY$/, 'CROWDSEC_KEY').toLowerCase()]);
  const lines = [
    ...variables.map(([name, value]) => `      ${name}: ${quoted(value)}\n`),
    ...named.map(([name, file]) => `      ${name}_FILE: /run/secrets/${file}\n`),
  ];
  const inService = `    secrets: [${named.map(([, file]) => file).join(', ')}]\n`;
  const atEnd = `\nsecrets:\n${named.map(([, file]) => `  ${file}:\n    file: ./${file}`).join('\n')}`;
  return `# compose.yaml${named.length === 0 ? '' : `; the secrets are files beside it: ${named.map(([, file]) => file).join(', ')}`}
services:
  firewall-bouncer:
    image: ${TYPE}
    restart: unless-stopped
    network_mode: host
    cap_drop: [ALL]
    cap_add: [NET_ADMIN]
    read_only: true
${needsRun(settings) ? '    tmpfs: [/run]\n' : ''}    environment:
${lines.join('')}${named.length === 0 ? '' : inService}    volumes: [${volumesOf(settings).map(quoted).join(', ')}]${named.length === 0 ? '' : atEnd}`;
}

function environmentFile({ secrets }: GivenSettings, variables: readonly Variable[]): string {
  const lines = variables.map(([name, value]) => `${name}=${word(value)}`);
  const missing = secrets.map((name) => `# add a line ${name}=... with the secret itself`);
  return `# /etc/${TYPE}.env (mode 0600)\n${[...lines, ...missing].join('\n')}`;
}

function systemdUnit(settings: FirewallSettings): string {
  const { mode, table, stateDir, given } = settings;
  const asksSocket = given.settings.some(([name, value]) => name === 'CROWDSEC_API_URL' && value.startsWith('unix:'));
  const families = `AF_NETLINK AF_INET AF_INET6${mode === 'iptables' || asksSocket ? ' AF_UNIX' : ''}`;
  const isThere = mode === 'nftables' ? `nft list tables | grep -q "inet ${table}$$"` : `ipset -q -n list ${table}-4`;
  // With a list of its own it need not wait for the network; the network waits until that list is in the kernel.
  const order =
    stateDir === undefined
      ? 'After=network-online.target nftables.service\nWants=network-online.target'
      : 'After=nftables.service\nBefore=network-pre.target\nWants=network-pre.target';
  const state =
    stateDir === undefined
      ? ''
      : `ExecStartPost=/bin/sh -c 'for i in $$(seq 50); do ${isThere} && exit 0; sleep 0.2; done; exit 0'
${stateDir === `/var/lib/${TYPE}` ? `StateDirectory=${TYPE}` : `ReadWritePaths=${stateDir}`}
`;
  return `# /etc/systemd/system/${TYPE}.service
# Settings: /etc/${TYPE}.env, above.
[Unit]
Description=CrowdSec decisions in the firewall of this host
${order}

[Service]
EnvironmentFile=/etc/${TYPE}.env
ExecStart=/usr/bin/node /opt/${TYPE}/main.cjs run
${state}Restart=always
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
