import { menuOf } from './address-list.ts';
import { MARK } from './firewall/mark.ts';
import { ruleMenu } from './firewall/read-firewall.ts';
import type { RouterSettings } from './router-settings.ts';
import { blanks, name, quoted, script } from './routeros/script-text.ts';

/** Comments of the rules that `setup` prints and of those that we keep; regular expressions of RouterOS. */
const RULES = quoted(`^(CrowdSec$|${MARK} rule for list )`);
const ROWS = quoted(`^${MARK}( |$)`);

/**
 * The commands to paste on the router that take back what `setup` prints with the same settings, and what the connector made
 * since: first what works on packets, last how it was reached.
 */
export function removalText(settings: RouterSettings): string {
  const { host, user, list, families, tls } = settings;
  const service = tls ? 'api-ssl' : 'api';
  const lists = [
    `src-address-list=${name(list)}`,
    ...(settings.ruleOutgoing ? [`dst-address-list=${name(list)}`] : []),
  ];
  const rules = families.flatMap((family) =>
    (['raw', 'filter'] as const).flatMap((table) =>
      lists.map((each) => `${blanks(ruleMenu(family, table))} remove [find ${each} comment~${RULES}]`),
    ),
  );
  const sections: [string, ...string[]][] = [
    [`The rules for the list ${list}, before the list is empty:`, ...rules],
    [
      'The entries, of this connector only (`purge` removes them as well):',
      ...families.map((family) => `${blanks(menuOf(family))} remove [find list=${name(list)} comment~${ROWS}]`),
    ],
    [
      'The user, and the group when nobody else is in it:',
      `/user remove [find name=${name(user)}]`,
      '/user group remove [find name=crowdsec]',
    ],
    [
      `The service ${service} off, and as it came. Skip this when something else uses it:`,
      `/ip service set ${service} disabled=yes address=""${tls ? ' certificate=none tls-version=any' : ''}`,
    ],
  ];
  if (tls && !tls.anonymous) {
    sections.push([
      'The certificates, when those of `setup` were made:',
      '/certificate remove [find name=crowdsec-api]',
      '/certificate remove [find name=crowdsec-ca]',
      '/file remove [find name="cert_export_crowdsec-ca.crt"]',
    ]);
  }
  const head = [
    `# ${host}: takes back what \`setup\` prints with these settings. Stop the connector first, it would put back what it misses;`,
    '# then paste into a terminal of the router (RouterOS 6 or 7).',
  ];
  return script(head, sections);
}
