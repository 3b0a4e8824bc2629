import type { RuleOffer } from '../rules/rule-steps.ts';
import { pfSenseWords, ruleSteps } from '../rules/rule-steps.ts';
import { isOursRow, rulesOfRows } from '../rules/from-rows.ts';
import { lackingRules } from '../rules/lacking.ts';
import type { OfferedRule } from '../rules/lacking.ts';
import { uses } from '../rules/walk.ts';
import type { RestApi } from './rest-api.ts';

/** What to do on pfSense for the REST API. */
export function restSetup(alias: string, offer: RuleOffer): string {
  const steps = ruleSteps(offer, pfSenseWords(alias)).map((step) => `   ${step}`);
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
  const lacking = lackingRules(rules, alias, offer);
  lines.push(...lacking.said);
  for (const rule of lacking.rules) {
    const { said, body } = bodyOf(rule, offer, alias);
    lines.push(said);
    if (!dry) await api.create('rule', body, signal);
  }
  if (!dry && (!found || lacking.rules.length > 0)) await api.applyChanges(signal);
  return `${lines.join('\n')}\n`;
}

/** A rule of an offer as the API takes it, and as people are told it. */
function bodyOf(
  { way, interfaces }: OfferedRule,
  { log, position }: RuleOffer,
  alias: string,
): { said: string; body: object } {
  const on = interfaces.length === 0 ? 'all interfaces, floating' : interfaces.join(', ');
  const isFloating = way === 'out' || interfaces.length === 0;
  const [source, destination] = way === 'in' ? [alias, 'any'] : ['any', alias];
  return {
    said: `rule: new, block ${way} on ${on}, IPv4 and IPv6, ${way === 'in' ? 'source' : 'destination'} ${alias}`,
    body: {
      ...{ type: 'block', ipprotocol: 'inet46', protocol: null, log, descr: 'CrowdSec', source, destination },
      ...(isFloating && { floating: true, quick: true, direction: way }),
      interface: interfaces,
      ...(position === 'top' && { placement: 0 }),
    },
  };
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
