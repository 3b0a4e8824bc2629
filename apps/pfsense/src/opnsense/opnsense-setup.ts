import { aliasMissing } from '../ssh/errors.ts';
import type { RuleOffer } from '../rules/rule-steps.ts';
import { ruleSteps } from '../rules/rule-steps.ts';
import { isOursRow, rulesOfRows } from '../rules/from-rows.ts';
import { lackingRules } from '../rules/lacking.ts';
import type { OfferedRule } from '../rules/lacking.ts';
import { uses } from '../rules/walk.ts';
import type { OpnSenseApi } from './opnsense-api.ts';
import { configuredRules } from './opnsense-rules.ts';

/** What to do on OPNsense by hand. */
export function opnSenseSetup(alias: string, offer: RuleOffer): string {
  const words = { family: 'Direction in, TCP/IP Version IPv4+IPv6', list: alias, save: 'Save, Apply.' };
  const steps = ruleSteps(offer, words).map(
    (step) =>
      `   ${step
        .replace(' > Add (to the top)', ' > Add, moved to the top')
        .replace(' > Add (to the end)', ' > Add')
        .replace(/(Direction (in|out), )Direction in, /, '$1')}`,
  );
  return `# OPNsense, by its API. For more than a few thousand entries use PFSENSE_MODE=ssh-table: it needs one command, not one call an address.

1. Firewall > Aliases > Add: Enabled, Name ${alias}, Type "External (advanced)". Save, Apply.
2. The rule:
${steps.join('\n')}
3. System > Access > Users > Add: a user crowdsec with these privileges; then its API key (+): key into PFSENSE_API_KEY,
   secret into PFSENSE_API_SECRET.
   - Firewall: Alias: Edit
   - Diagnostics: PF Table IP addresses
   - Diagnostics: Firewall statistics (for \`check\` to see the rule, and for what it has dropped)
   - Diagnostics: Show States (to end the open connections of newly banned addresses; PFSENSE_KILL_STATES=false needs it not)
   \`setup --apply\` does steps 1 and 2 after showing what it would write; it also needs Firewall: Rules [new].
   \`setup --remove\` takes them away again.
`;
}

/** Makes or enables the alias, makes the rules, and has all of it loaded. With `dry` it only tells. Gives lines for people. */
export async function applyOpnSense(
  api: OpnSenseApi,
  offer: RuleOffer,
  dry: boolean,
  signal: AbortSignal,
): Promise<string> {
  const lines = [await applyAlias(api, dry, signal), ...(await applyRules(api, offer, dry, signal))];
  return `${lines.join('\n')}\n`;
}

/** Takes the rules and the alias away again; rules that somebody else has made with it stay, and the alias with them. */
export async function removeOpnSense(api: OpnSenseApi, dry: boolean, signal: AbortSignal): Promise<string> {
  const { alias } = api;
  const lines: string[] = [];
  const rows = (await configuredRules(api, signal)) ?? [];
  const ours = rows.filter((row) => isOursRow(row, alias) && typeof row['uuid'] === 'string');
  const others = rulesOfRows(rows.filter((row) => !ours.includes(row))).filter((rule) => uses(rule, alias));
  for (const row of ours) {
    lines.push('rule: removed');
    if (!dry) await api.post(`/api/firewall/filter/delRule/${String(row['uuid'])}`, {}, 'deleted', signal);
  }
  if (ours.length > 0 && !dry) await api.post('/api/firewall/filter/apply', {}, 'ok', signal);
  const uuid = await api.find(signal);
  if (uuid !== undefined && others.length > 0) lines.push(`alias ${alias}: kept, ${others.length} other rules use it`);
  else if (uuid !== undefined) {
    lines.push(`alias ${alias}: removed`);
    if (!dry) {
      await api.post(`/api/firewall/alias/delItem/${uuid}`, {}, 'deleted', signal);
      await api.reconfigure(signal);
    }
  }
  return `${lines.join('\n') || 'nothing to do: nothing of it is there'}\n`;
}

async function applyAlias(api: OpnSenseApi, dry: boolean, signal: AbortSignal): Promise<string> {
  const { alias } = api;
  if ((await api.find(signal)) === undefined) {
    if (!dry) {
      const item = { enabled: '1', name: alias, type: 'external', proto: '', content: '', description: 'CrowdSec' };
      await api.post('/api/firewall/alias/addItem', { alias: item }, 'saved', signal);
      await api.reconfigure(signal);
      if ((await api.find(signal)) === undefined) throw aliasMissing(alias);
    }
    return `alias ${alias}: new, type external`;
  }
  const { uuid, type, enabled } = await api.read(signal);
  if (type !== undefined && !/^external/i.test(type))
    return `alias ${alias}: is of type ${type}, left alone; see check`;
  if (enabled) return `alias ${alias}: is there`;
  if (!dry) {
    await api.post(`/api/firewall/alias/toggleItem/${uuid}/1`, {}, 'enabled', signal);
    await api.reconfigure(signal);
  }
  return `alias ${alias}: enabled`;
}

/** Interfaces are known by their own name: `wan` is the first uplink on every OPNsense. */
async function applyRules(api: OpnSenseApi, offer: RuleOffer, dry: boolean, signal: AbortSignal): Promise<string[]> {
  const { alias } = api;
  const rules = await configuredRules(api, signal);
  if (rules === undefined) return ['rule: this release has no API for rules; make it as `setup` shows'];
  const lacking = lackingRules(rules, alias, offer);
  const lines: string[] = [...lacking.said];
  for (const { way, interfaces } of together(lacking.rules)) {
    const on = interfaces.length === 0 ? 'all interfaces, floating' : interfaces.join(', ');
    lines.push(`rule: new, block ${way} on ${on}, IPv4 and IPv6, ${way === 'in' ? 'source' : 'destination'} ${alias}`);
    const rule = {
      enabled: '1',
      sequence: offer.position === 'top' ? '1' : '99999',
      action: 'block',
      quick: '1',
      interface: interfaces.join(','),
      direction: way,
      ipprotocol: 'inet46',
      protocol: 'any',
      source_net: way === 'in' ? alias : 'any',
      destination_net: way === 'in' ? 'any' : alias,
      log: offer.log ? '1' : '0',
      description: 'CrowdSec',
    };
    if (!dry) await api.post('/api/firewall/filter/addRule', { rule }, 'saved', signal);
  }
  if (!dry && lacking.rules.length > 0) await api.post('/api/firewall/filter/apply', {}, 'ok', signal);
  return lines;
}

/** Here one rule may be on several interfaces. */
function together(rules: readonly OfferedRule[]): OfferedRule[] {
  const incoming = rules.filter(({ way }) => way === 'in');
  const interfaces = incoming.flatMap((rule) => rule.interfaces);
  return [
    ...(incoming.length > 0 ? [{ way: 'in' as const, interfaces }] : []),
    ...rules.filter((rule) => !incoming.includes(rule)),
  ];
}
