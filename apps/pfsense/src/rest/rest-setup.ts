import type { RuleOffer } from '../rules/rule-steps.ts';
import { ruleSteps } from '../rules/rule-steps.ts';
import { judgeRows } from '../rules/judge-rows.ts';
import { isDisabledThere, isOursRow, rulesOfRows } from '../rules/from-rows.ts';
import { uses } from '../rules/walk.ts';
import type { RestApi } from './rest-api.ts';

/** What to do on pfSense for the REST API. */
export function restSetup(alias: string, offer: RuleOffer): string {
  const words = {
    family: 'Address Family IPv4+IPv6, Protocol any',
    list: `"Address or Alias" ${alias}`,
    save: 'Save, Apply Changes.',
  };
  const steps = ruleSteps(offer, words).map((step) => `   ${step}`);
  return `# pfSense, by its REST API (package pfSense-pkg-RESTAPI; install it again after an upgrade of pfSense).
# Every change rewrites config.xml and reloads the filter: prefer PFSENSE_MODE=ssh for more than a few thousand entries.

1. Firewall > Aliases > IP > Add: Name ${alias}, Type Network(s), no entry. Save, Apply Changes.
2. The rule:
${steps.join('\n')}
3. System > User Manager > Add: a user crowdsec with these privileges and no others:
   api-v2-firewall-aliases-get, api-v2-firewall-alias-patch, api-v2-firewall-apply-get, api-v2-firewall-apply-post
   (and api-v2-firewall-rules-get, so that \`check\` can see the rule).
4. Logged in as that user: System > REST API > Keys > Add; System > REST API > Settings: Authentication Methods with Key.
   The key goes into PFSENSE_API_KEY.

\`setup --apply\` does steps 1 and 2 after showing what it would write; for that the user needs, once,
api-v2-firewall-alias-post and api-v2-firewall-rule-post as well. \`setup --remove\` takes them away again, with
api-v2-firewall-rule-delete and api-v2-firewall-alias-delete.

A change is written at most every 10 minutes (PFSENSE_WRITE_INTERVAL): each is one of the 30 revisions that pfSense keeps.
Open connections of newly banned addresses go on: this API cannot end them.
`;
}

/** Makes alias and rules where they are missing, and has them loaded. With `dry` it only tells. Gives lines for people. */
export async function applyRest(api: RestApi, offer: RuleOffer, dry: boolean, signal: AbortSignal): Promise<string> {
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
    for (const { said, body } of bodiesOf(offer, alias)) {
      lines.push(said);
      if (!dry) await api.create('rule', body, signal);
    }
  }
  if (!dry && (!found || !(isThere || isDisabled))) await api.applyChanges(signal);
  return `${lines.join('\n')}\n`;
}

/** The rules of an offer as the API takes them. */
function bodiesOf(
  { interfaces, direction, log, position }: RuleOffer,
  alias: string,
): { said: string; body: object }[] {
  const isFloating = interfaces[0] === 'floating';
  const on = isFloating ? 'all interfaces, floating' : interfaces.join(', ');
  const common = { type: 'block', ipprotocol: 'inet46', protocol: null, log, descr: 'CrowdSec' };
  const place = position === 'top' ? { placement: 0 } : {};
  const floating = (way: 'in' | 'out') => ({
    floating: true,
    quick: true,
    direction: way,
    interface: isFloating ? [] : interfaces,
  });
  const incoming = isFloating ? [floating('in')] : interfaces.map((name) => ({ interface: [name] }));
  const rules = incoming.map((where) => ({
    said: `rule: new, block in on ${isFloating ? on : (where.interface[0] ?? '')}, IPv4 and IPv6, source ${alias}`,
    body: { ...common, ...where, source: alias, destination: 'any', ...place },
  }));
  if (direction === 'in') return rules;
  const said = `rule: new, block out on ${on}, IPv4 and IPv6, destination ${alias}`;
  return [...rules, { said, body: { ...common, ...floating('out'), source: 'any', destination: alias, ...place } }];
}

/** Takes the rules and the alias away again; rules that somebody else has made with it stay, and the alias with them. */
export async function removeRest(api: RestApi, dry: boolean, signal: AbortSignal): Promise<string> {
  const { alias } = api;
  const lines: string[] = [];
  const rows = await api.rules(signal);
  const ours = rows.filter((row) => isOursRow(row, alias));
  const others = rulesOfRows(rows.filter((row) => !ours.includes(row))).filter((rule) => uses(rule, alias));
  const found = await api.find(signal);
  // From behind: each one that goes moves those behind it.
  for (const row of [...ours].reverse()) {
    lines.push('rule: removed');
    if (!dry) await api.remove('rule', Number(row['id']), signal);
  }
  if (found && others.length > 0) lines.push(`alias ${alias}: kept, ${others.length} other rules use it`);
  else if (found) {
    lines.push(`alias ${alias}: removed`);
    if (!dry) await api.remove('alias', found.id, signal);
  }
  if (lines.length === 0) return 'nothing to do: nothing of it is there\n';
  if (!dry) await api.applyChanges(signal);
  return `${lines.join('\n')}\n`;
}
