import { aliasUrl, innerAlias, offerOf, phpSnippet } from './php-snippet.ts';
import { pfSenseWords, ruleSteps } from './rules/rule-steps.ts';
import type { FirewallSettings } from './ssh/firewall-settings.ts';
import { restrictedKeyLine } from './ssh/helper.ts';

/** What to do on the firewall, this configuration's names filled in. No secret is printed. */
export function setupText(settings: FirewallSettings): string {
  const { alias, file, user } = settings;
  const name = file ? '' : 'pfSense: ';
  if (settings.opnsense !== undefined)
    return [...head(settings), ...opnsenseSteps(settings), ...keySteps(settings, 'root', 5)].join('\n');
  const inner = innerAlias(alias);
  const aliasSteps = file
    ? urlTableSteps(settings)
    : [
        `   Firewall > Aliases > IP > Add: Name ${inner}, Type Network(s), no entry.`,
        `   Then again: Name ${alias}, Type Network(s), its only entry ${inner}. Save, Apply Changes.`,
      ];
  const offer = offerOf(settings);
  return [
    ...head(settings),
    ...(file ? [] : ['# On pfSense these steps; those for OPNsense are at the end.', '']),
    `1. ${name}SSH: System > Advanced > Admin Access > Enable Secure Shell.`,
    '   (HA pair: alias and rule on the primary alone, pfSense hands them on; SSH and key on both, both in PFSENSE_HOST.)',
    '',
    '2. The alias:',
    ...aliasSteps,
    '',
    `3. The rule${offer.direction === 'both' || offer.interfaces.length > 1 ? 's' : ''}:`,
    ...ruleSteps(offer, pfSenseWords(alias)).map((step) => `   ${step}`),
    '',
    '   Steps 2 and 3 as a script, for Diagnostics > Command Prompt > Execute PHP (without its first line),',
    "   or for a root shell: php -q <<'PHP' ... PHP. `setup --apply` runs it over SSH after showing what it would write;",
    '   `setup --remove` takes rule, alias and key line away again.',
    '',
    phpSnippet(settings).trimEnd(),
    '',
    ...keySteps(settings, user, 4),
    ...(file
      ? []
      : [
          '# ----- The same on OPNsense -----',
          '',
          ...opnsenseSteps(settings),
          '5. The key as in step 4 above; the host key as in step 5.',
          '',
        ]),
  ].join('\n');
}

function head({ host, opnsense }: FirewallSettings): string[] {
  const which = opnsense ? 'OPNsense.' : 'pfSense 2.7 or newer, pfSense Plus 23.01 or newer.';
  return [`# ${host}: nothing is installed on the firewall; this is done once, there. ${which}`, ''];
}

/** The GUI asks the URL of such an alias whenever it saves it: without a list that is served it cannot be made there. */
function urlTableSteps(settings: FirewallSettings): string[] {
  const { alias, listUrl } = settings;
  if (listUrl === undefined) {
    return [
      '   by the script below alone: the GUI asks the URL of such an alias when it saves it, and there is none to be asked.',
      `   It makes ${alias}, Type "URL Table (IPs)", with the URL ${aliasUrl(settings)} at which nothing answers.`,
      '   (With PFSENSE_LISTEN the list is served: then the GUI can make it, and pfSense has something to fall back on at boot.)',
    ];
  }
  const login = settings.listLogin ?? '';
  return [
    '   while `run` runs, for pfSense asks the URL when it saves:',
    `   Firewall > Aliases > URLs > Add: Name ${alias}, Type "URL Table (IPs)", URL ${listUrl.replace('://', `://${login}`)}, 30 days.`,
    '   Save, Apply Changes. (PFSENSE_LISTEN_URL sets another address of this machine.)',
    ...(login === ''
      ? []
      : ['   The script below leaves the login out of the URL: pfSense keeps the list as it is when it is refused.']),
  ];
}

function opnsenseSteps(settings: FirewallSettings): string[] {
  const { alias } = settings;
  const words = { family: 'TCP/IP Version IPv4+IPv6, Protocol any', list: alias, save: 'Save, Apply.' };
  return [
    '1. SSH: System > Settings > Administration > Secure Shell: Enable, Permit root user login; Login Group wheel.',
    '   Permit password login stays off where a key is used. PFSENSE_USER=root',
    '2. The alias: Firewall > Aliases > Add: Enabled, Name ' + `${alias}, Type "External (advanced)". Save, Apply.`,
    '3. The rule:',
    ...ruleSteps(offerOf(settings), words).map(
      (step) =>
        `   ${step.replace(' > Add (to the top)', ' > Add, moved to the top').replace(' > Add (to the end)', ' > Add')}`,
    ),
    '   With PFSENSE_API_URL, PFSENSE_API_KEY and PFSENSE_API_SECRET, `setup --apply` does steps 2 and 3 by the API (the list',
    '   itself goes over SSH), and `setup --remove` takes them away again; without them they are done by hand.',
    '4. The key: ssh-keygen -t ed25519 -f crowdsec-key; its line into System > Access > Users > root > Authorized keys.',
  ];
}

function keySteps(settings: FirewallSettings, user: string, number: number): string[] {
  const where =
    settings.opnsense !== undefined
      ? ['5. The line for step 4, with the public key at its end:']
      : [
          `${number}. A key that can do this job and no other: ssh-keygen -t ed25519 -f crowdsec-key, then put this line, with the`,
          `   public key at its end, into System > User Manager > ${user} > Authorized SSH Keys (admin or root):`,
        ];
  return [
    ...where,
    '   It is 4 kB long because it holds the whole program that this key may run, so that nothing has to be installed.',
    '   Whatever is asked with the key, the firewall runs that program, which keeps this list and reads what pf counts.',
    '',
    restrictedKeyLine(settings, '<the line of crowdsec-key.pub>'),
    '',
    '   Narrower still, so that the key works from nowhere else: let the line begin with',
    '     from="<address of this machine>",restrict,command=...',
    '   It is the address that the firewall sees, behind NAT or Docker not that of this machine: `check` prints it in its',
    '   step `login`. Several by comma; leave it out where the address changes.',
    '',
    `${number + 1}. The host key: \`check\` prints its fingerprint for PFSENSE_HOST_KEY; on the console of the firewall it is`,
    `   ssh-keygen -lf ${settings.opnsense !== undefined ? '/conf/sshd' : '/etc/ssh'}/ssh_host_ed25519_key.pub`,
    '',
  ];
}
