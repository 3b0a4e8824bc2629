import { judgeRows } from '../rules/judge-rows.ts';
import { isDisabledThere, rulesOfRows } from '../rules/from-rows.ts';
import { uses } from '../rules/walk.ts';
import type { RestApi } from './rest-api.ts';

/** What to do on pfSense for the REST API. */
export function restSetup(alias: string): string {
  return `# pfSense, by its REST API (package pfSense-pkg-RESTAPI; install it again after an upgrade of pfSense).
# Every change rewrites config.xml and reloads the filter: prefer PFSENSE_MODE=ssh for more than a few thousand entries.

1. Firewall > Aliases > IP > Add: Name ${alias}, Type Network(s), no entry. Save, Apply Changes.
2. Firewall > Rules > WAN > Add (to the top): Action Block, Address Family IPv4+IPv6, Protocol any,
   Source "Address or Alias" ${alias}, Destination any. Save, Apply Changes.
3. System > User Manager > Add: a user crowdsec with these privileges and no others:
   api-v2-firewall-aliases-get, api-v2-firewall-alias-patch, api-v2-firewall-apply-get, api-v2-firewall-apply-post
   (and api-v2-firewall-rules-get, so that \`check\` can see the rule).
4. Logged in as that user: System > REST API > Keys > Add; System > REST API > Settings: Authentication Methods with Key.
   The key goes into PFSENSE_API_KEY.

\`setup --apply\` does steps 1 and 2 after showing what it would write; for that the user needs, once,
api-v2-firewall-alias-post and api-v2-firewall-rule-post as well.
`;
}

/** Makes alias and rule where they are missing, and has them loaded. With `dry` it only tells. Gives lines for people. */
export async function applyRest(api: RestApi, dry: boolean, signal: AbortSignal): Promise<string> {
  const { alias } = api;
  const lines: string[] = [];
  const found = await api.find(signal);
  const rules = await api.rules(signal);
  if (found) {
    lines.push(
      `alias ${alias}: ${found.type === 'network' ? 'is there' : `is of type ${found.type}, left alone; see check`}`,
    );
  } else {
    lines.push(`alias ${alias}: new, type network`);
    const body = { name: alias, type: 'network', descr: 'CrowdSec decisions', address: [] };
    if (!dry) await api.create('alias', body, signal);
  }
  const step = judgeRows(rules, alias);
  const isThere = rulesOfRows(rules).some((rule) => uses(rule, alias) && rule.action === 'block');
  const isDisabled = !isThere && isDisabledThere(rules, alias);
  if (isThere && step.level === 'ok') lines.push('rule: is there');
  else if (isThere) lines.push(`rule: is there, left alone: ${step.seen}`);
  else if (isDisabled)
    lines.push('rule: is there, but disabled, left alone: enable it under Firewall > Rules, and Apply');
  else {
    lines.push(`rule: new, block in on wan, IPv4 and IPv6, source ${alias}`);
    const where = { interface: ['wan'], ipprotocol: 'inet46', protocol: null, source: alias, destination: 'any' };
    const body = { type: 'block', ...where, descr: 'CrowdSec', placement: 0 };
    if (!dry) await api.create('rule', body, signal);
  }
  if (!dry && (!found || !(isThere || isDisabled))) await api.applyChanges(signal);
  return `${lines.join('\n')}\n`;
}
