import type { RouterSettings } from './router-settings.ts';
import { certificateCommands, name } from './routeros/script-text.ts';

/** The commands to paste on the router, this configuration's names filled in. The password is never printed. */
export function setupText(settings: RouterSettings): string {
  const { host, port, user, list, families, tls, manageRules } = settings;
  const service = tls ? 'api-ssl' : 'api';
  const sections: [string, ...string[]][] = [
    ['A user with the rights that are needed and no others (choose the password):', ...userCommands(user)],
  ];
  if (tls && !tls.anonymous) {
    sections.push([
      'A certificate for the API. Skip this when api-ssl has one already:',
      ...certificateCommands(host),
      '# then trust it: pin the fingerprint that `check` prints (MIKROTIK_TLS_FINGERPRINT), or export the CA ...',
      '/certificate/export-certificate crowdsec-ca',
      '# ... and mount the file cert_export_crowdsec-ca.crt into the connector (MIKROTIK_CA_FILE)',
    ]);
  }
  sections.push([
    `The service ${service}; with the address of the connector's host instead of <address>, only that host is served:`,
    `/ip/service/set ${service} disabled=no port=${String(port)}`,
    `# /ip/service/set ${service} address=<address>/32`,
  ]);
  sections.push(
    manageRules
      ? [`MIKROTIK_MANAGE_RULES=true: the connector keeps the drop rules for the list ${list} by itself.`]
      : [
          'The rules that block what is in the list; a raw rule does so before connection tracking:',
          ...families.map((family) => ruleCommand(family, list, settings)),
          '# without an interface list WAN leave "in-interface-list=WAN" out',
        ],
  );
  const head = [
    `# ${host}: paste into a terminal of the router (RouterOS 7).`,
    '# RouterOS 6: write blanks for the inner slashes: /user group add ...',
  ];
  return `${[head, ...sections.map(([title, ...lines]) => [`# ${title}`, ...lines])].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The command that makes the drop rule of a family. */
export function ruleCommand(family: 4 | 6, list: string, { manageRules }: Pick<RouterSettings, 'manageRules'>): string {
  const menu = family === 4 ? '/ip/firewall/raw' : '/ipv6/firewall/raw';
  const wan = name(manageRules?.wanInterfaceList ?? 'WAN');
  return `${menu}/add chain=prerouting action=drop in-interface-list=${wan} src-address-list=${name(list)} comment="CrowdSec"`;
}

/** The commands that make the group and the user. */
function userCommands(user: string): string[] {
  return [
    '/user/group/add name=crowdsec policy=read,write,api',
    `/user/add name=${name(user)} group=crowdsec password=<password>`,
  ];
}
