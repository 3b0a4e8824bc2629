import { aliasUrl, innerAlias, phpSnippet } from './php-snippet.ts';
import type { FirewallSettings } from './ssh/firewall-settings.ts';
import { restrictedKeyLine } from './ssh/helper.ts';

/** What to do on the firewall, this configuration's names filled in. No secret is printed. */
export function setupText(settings: FirewallSettings): string {
  const { alias, file, user } = settings;
  const inner = innerAlias(alias);
  const aliasSteps = file
    ? [
        `   Firewall > Aliases > URLs > Add: Name ${alias}, Type "URL Table (IPs)", URL ${aliasUrl(alias)}, 30 days.`,
        '   pfSense asks the URL once when it saves; the script below needs no URL that answers.',
      ]
    : [
        `   Firewall > Aliases > IP > Add: Name ${inner}, Type Network(s), no entry.`,
        `   Then again: Name ${alias}, Type Network(s), its only entry ${inner}.`,
        `   (OPNsense: Firewall > Aliases > Add: Name ${alias}, Type "External (advanced)".)`,
      ];
  return [
    `# ${settings.host}: nothing is installed on the firewall; this is done once, there.`,
    '',
    '1. SSH: System > Advanced > Admin Access > Enable Secure Shell.',
    '',
    '2. The alias:',
    ...aliasSteps,
    '',
    '3. The rule: Firewall > Rules > WAN > Add (to the top): Action Block, Address Family IPv4+IPv6, Protocol any,',
    `   Source "Address or Alias" ${alias}, Destination any. Save, Apply Changes.`,
    '',
    '   Steps 2 and 3 as a script, for Diagnostics > Command Prompt > Execute PHP (without its first line),',
    "   or for a root shell: php -q <<'PHP' ... PHP. `setup --apply` runs it over SSH after showing what it would write.",
    '',
    phpSnippet(settings).trimEnd(),
    '',
    `4. A key that can do this job and no other: ssh-keygen -t ed25519 -f crowdsec-key, then put this line, with the`,
    `   public key at its end, into System > User Manager > ${user} > Authorized SSH Keys (admin or root):`,
    '',
    restrictedKeyLine(settings, '<the line of crowdsec-key.pub>'),
    '',
    '   Narrower still, so that the key works from nowhere else: let the line begin with',
    '     from="<address of this machine>",restrict,command=...',
    '   It is the address that the firewall sees, behind NAT or Docker not that of this machine: `check` prints it in its',
    '   step `login`. Several by comma; leave it out where the address changes.',
    '',
    '5. The host key: `check` prints its fingerprint for PFSENSE_HOST_KEY; on the console of the firewall it is',
    '   ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
    '',
  ].join('\n');
}
