import { aliasMissing } from '../ssh/errors.ts';
import { isDisabledThere, rulesOfRows } from '../rules/from-rows.ts';
import { judgeRows } from '../rules/judge-rows.ts';
import { uses } from '../rules/walk.ts';
import type { OpnSenseApi } from './opnsense-api.ts';
import { configuredRules } from './opnsense-rules.ts';

/** What to do on OPNsense by hand. */
export function opnSenseSetup(alias: string): string {
  return `# OPNsense, by its API. For more than a few thousand entries use PFSENSE_MODE=ssh-table: it needs one command, not one call an address.

1. Firewall > Aliases > Add: Enabled, Name ${alias}, Type "External (advanced)". Save, Apply.
2. Firewall > Rules > WAN > Add, moved to the top: Action Block, Direction in, TCP/IP Version IPv4+IPv6, Source ${alias}. Save, Apply.
3. System > Access > Users > Add: a user crowdsec with these privileges; then its API key (+): key into PFSENSE_API_KEY,
   secret into PFSENSE_API_SECRET.
   - Firewall: Alias: Edit
   - Diagnostics: PF Table IP addresses
   - Diagnostics: Firewall statistics (for \`check\` to see the rule, and for what it has dropped)
   \`setup --apply\` does steps 1 and 2 after showing what it would write; it also needs Firewall: Rules [new].
`;
}

/** Makes or enables the alias, makes the rule, and has both loaded. With `dry` it only tells. Gives lines for people. */
export async function applyOpnSense(api: OpnSenseApi, dry: boolean, signal: AbortSignal): Promise<string> {
  const lines = [await applyAlias(api, dry, signal), await applyRule(api, dry, signal)];
  return `${lines.join('\n')}\n`;
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
async function applyRule(api: OpnSenseApi, dry: boolean, signal: AbortSignal): Promise<string> {
  const { alias } = api;
  const rules = await configuredRules(api, signal);
  if (rules === undefined) return 'rule: this release has no API for rules; make it as `setup` shows';
  if (rulesOfRows(rules).some((rule) => uses(rule, alias) && rule.action === 'block')) {
    const step = judgeRows(rules, alias);
    return step.level === 'ok' ? 'rule: is there' : `rule: is there, left alone: ${step.seen}`;
  }
  if (isDisabledThere(rules, alias))
    return 'rule: is there, but disabled, left alone: enable it under Firewall > Rules, and Apply';
  if (!dry) {
    const rule = {
      enabled: '1',
      sequence: '1',
      action: 'block',
      quick: '1',
      interface: 'wan',
      direction: 'in',
      ipprotocol: 'inet46',
      protocol: 'any',
      source_net: alias,
      destination_net: 'any',
      description: 'CrowdSec',
    };
    await api.post('/api/firewall/filter/addRule', { rule }, 'saved', signal);
    await api.post('/api/firewall/filter/apply', {}, 'ok', signal);
  }
  return `rule: new, block in on wan, IPv4 and IPv6, source ${alias}`;
}
