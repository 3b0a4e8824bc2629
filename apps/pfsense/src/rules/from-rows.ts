import type { Peer, PfRule } from './pf-rule.ts';

/** A rule as an API tells it: fields of pfSense's REST API or of OPNsense's `searchRule`. */
export type RuleRow = Readonly<Record<string, unknown>>;

/** Rules of an API in the order in which pf has them: floating ones first, those that are switched off left out. */
export function rulesOfRows(rows: readonly RuleRow[]): PfRule[] {
  const live = rows.filter((row) => !isOn(row['disabled']) && !['0', false].includes(row['enabled'] as string | false));
  const floating = live.filter((row) => isFloating(row));
  return [...floating, ...live.filter((row) => !isFloating(row))].map(ruleOfRow);
}

/** True when one of these rows is switched off and names the alias. */
export function isDisabledThere(rows: readonly RuleRow[], alias: string): boolean {
  return rows.some((row) => {
    const off = isOn(row['disabled']) || ['0', false].includes(row['enabled'] as string | false);
    return off && words(row['source'] ?? row['source_net']).includes(alias);
  });
}

/** True for a block rule that `setup` has made for the alias. */
export function isOursRow(row: RuleRow, alias: string): boolean {
  const sides = [row['source'] ?? row['source_net'], row['destination'] ?? row['destination_net']];
  const isBlock = ['block', 'reject'].includes(text(row['type'] ?? row['action']).toLowerCase());
  return (
    isBlock &&
    text(row['descr'] ?? row['description']) === 'CrowdSec' &&
    sides.some((side) => words(side).includes(alias))
  );
}

function ruleOfRow(row: RuleRow): PfRule {
  const action = text(row['type'] ?? row['action']).toLowerCase();
  const family = ({ inet: 4, ipv4: 4, inet6: 6, ipv6: 6 } as const)[text(row['ipprotocol']).toLowerCase() as 'inet'];
  const protocol = text(row['protocol']).toLowerCase();
  const direction = text(row['direction']);
  const descr = text(row['descr'] ?? row['description']);
  const source = peer(row['source'] ?? row['source_net'], row['source_not'], row['source_port']);
  const destination = peer(
    row['destination'] ?? row['destination_net'],
    row['destination_not'],
    row['destination_port'],
  );
  const schedule = text(row['sched']);
  const kind = action === 'pass' || action === 'match' ? action : 'block';
  return {
    text: `${kind} ${text(row['source'] ?? row['source_net']) || 'any'} to ${text(row['destination'] ?? row['destination_net']) || 'any'}`,
    action: kind,
    // Rules of an interface look at what comes in; only floating ones may be for both.
    direction: direction === 'out' || direction === 'in' ? direction : isFloating(row) ? undefined : 'in',
    quick: !isFloating(row) || row['quick'] === undefined || isOn(row['quick']),
    interfaces: words(row['interface']).map((one) => one.toLowerCase()),
    notInterfaces: isOn(row['interfacenot']),
    family,
    protocols: protocol === '' || protocol === 'any' ? [] : protocol.split('/'),
    source,
    destination,
    conditions: schedule === '' || schedule === 'none' ? [] : [`schedule ${schedule}`],
    labels: [`USER_RULE: ${descr}`],
  };
}

function isFloating(row: RuleRow): boolean {
  return isOn(row['floating']) || (row['interface'] !== undefined && words(row['interface']).length !== 1);
}

function peer(host: unknown, not: unknown, port: unknown): Peer {
  const all = words(host);
  const negated = isOn(not) || all.some((one) => one.startsWith('!'));
  const hosts = all.map((one) => one.replace(/^!\s*/, '')).filter((one) => one !== '');
  const named = hosts.map((one) => (/^\w+$/.test(one) && one !== 'any' ? `<${one}>` : one));
  return { hosts: named.length === 0 ? ['any'] : named, negated, port: text(port) === 'any' ? '' : text(port) };
}

function words(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  return text(value)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function isOn(value: unknown): boolean {
  return value === true || value === '1' || value === 1 || value === 'yes';
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
