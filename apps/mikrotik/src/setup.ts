import { privateNetworks } from '@bouncer/stream';
import { ruleMenu } from './firewall/read-firewall.ts';
import { ruleCommand } from './firewall/rule-command.ts';
import type { Family } from './address-list.ts';
import type { RouterSettings } from './router-settings.ts';
import { blanks, certificateCommands, name, quoted, script } from './routeros/script-text.ts';

/**
 * The commands to paste on the router, this configuration's names filled in, in an order in which nothing is open before it
 * is limited. The connector's own password is a secret and is not printed; what is printed is a new one, so that nobody ends
 * up with a password that stands in a document.
 */
export function setupText(settings: RouterSettings): string {
  const { host, port, user, list, families, tls, manageRules, newPassword } = settings;
  const service = tls ? 'api-ssl' : 'api';
  const sections: [string, ...string[]][] = [
    [
      'A user with the rights that are needed and no others. The password was made for this print and is nowhere else: give',
      '# the connector the same one (MIKROTIK_PASSWORD, or the file of MIKROTIK_PASSWORD_FILE), or put the one that it has here.',
      '/user group add name=crowdsec policy=read,write,api',
      `/user add name=${name(user)} group=crowdsec password=${quoted(newPassword)}`,
    ],
    [
      `The service ${service} is for private networks only, from before it is on. Narrower is better: the address of the`,
      "# connector's host alone, such as address=192.168.88.10/32. If it comes from another network, add that.",
      `/ip service set ${service} address=${privateNetworks.join(',')}`,
    ],
  ];
  if (tls && !tls.anonymous) {
    sections.push([
      'A certificate for the API. Skip this when api-ssl has one already:',
      ...certificateCommands(host),
      '# then trust it: pin the fingerprint that `check` prints (MIKROTIK_TLS_FINGERPRINT), or export the CA ...',
      '/certificate export-certificate crowdsec-ca',
      '# ... and mount the file cert_export_crowdsec-ca.crt into the connector (MIKROTIK_CA_FILE)',
    ]);
  }
  sections.push([`The service ${service} on:`, `/ip service set ${service} disabled=no port=${String(port)}`]);
  sections.push(
    manageRules
      ? [`MIKROTIK_MANAGE_RULES=true: the connector keeps the drop rules for the list ${list} by itself.`]
      : [
          'The rules that block what is in the list; a raw rule does so before connection tracking. Each is moved to the first',
          '# place that the router allows (as place-before would): behind a rule that accepts, it would never be reached.',
          ...families.flatMap((family) => ruleCommands(family, settings)),
        ],
  );
  const head = [
    `# ${host}: paste into a terminal of the router (RouterOS 6 or 7). \`setup --remove\` prints how to take it back.`,
  ];
  return script(head, sections);
}

/** A rule that is limited to a list without members would block nothing: then one without a limit is made as well. */
function ruleCommands(family: Family, { list, wanInterfaceList }: RouterSettings): string[] {
  const menu = blanks(ruleMenu(family, 'raw'));
  const members = `[/interface list member find list=${name(wanInterfaceList)}]`;
  return [
    blanks(ruleCommand(family, list, wanInterfaceList)),
    `:if ([:len ${members}] = 0) do={${blanks(ruleCommand(family, list, undefined))}}`,
    `${menu} move [find comment="CrowdSec" src-address-list=${name(list)}] destination=[:pick [find dynamic=no] 0]`,
  ];
}
