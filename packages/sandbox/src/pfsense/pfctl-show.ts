import type { PfFirewall } from './firewall.ts';
import type { PfTable } from './pf-table.ts';

const DIRECTIONS = ['In/Block', 'In/Pass', 'In/XPass', 'Out/Block', 'Out/Pass', 'Out/XPass'] as const;

/** `pfctl -s Tables`, `-vs Tables` and `-vvs Tables`. */
export function showTables(firewall: PfFirewall, verbose: number): string {
  const tables = [...firewall.tables.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return tables.map((table) => showTable(firewall, table, verbose)).join('');
}

/** `pfctl -s memory`. */
export function showMemory({ limits }: PfFirewall): string {
  const row = (name: string, limit: number): string => `${name.padEnd(13)} hard limit ${String(limit).padStart(8)}\n`;
  return (
    row('states', 100_000) + row('src-nodes', 100_000) + row('frags', 5000) + row('table-entries', limits.tableEntries)
  );
}

/** `pfctl -vsr`: the rules that were loaded, those for both families as two. */
export function showRules(firewall: PfFirewall, verbose: number): string {
  const lines: string[] = [];
  for (const { type, interface: on, ipprotocol, source, destination, descr, disabled } of firewall.config.rules) {
    if (disabled || [source, destination].some((one) => one !== 'any' && !firewall.references.has(one))) continue;
    for (const family of ipprotocol === 'inet46' ? ['inet', 'inet6'] : [ipprotocol]) {
      const [from, to] = [source, destination].map((one) => (one === 'any' ? 'any' : `<${one}>`));
      const action = type === 'block' ? 'block drop' : type === 'reject' ? 'block return' : 'pass';
      lines.push(`${action} in quick on ${on} ${family} from ${from ?? ''} to ${to ?? ''} label "${descr ?? ''}"`);
      if (verbose === 0) continue;
      const { packets, bytes } = firewall.ruleCounters.get(`${source} ${family === 'inet6' ? 6 : 4}`) ?? {
        packets: 0,
        bytes: 0,
      };
      const counts = `Packets: ${String(packets).padEnd(9)} Bytes: ${String(bytes).padEnd(11)} States: 0`;
      lines.push(`  [ Evaluations: ${String(10).padEnd(9)} ${counts}      ]`);
      lines.push('  [ Inserted: uid 0 pid 0 State Creations: 0     ]');
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** `pfctl -s states`. */
export function showStates({ states }: PfFirewall): string {
  const port = (text: string, number: number): string =>
    text.includes(':') ? `${text}[${number}]` : `${text}:${number}`;
  return states
    .map(({ source, destination }) => {
      const [to, from] = [port(destination.text, 443), port(source.text, 50_000)];
      return `all tcp ${to} <- ${from}       ESTABLISHED:ESTABLISHED\n`;
    })
    .join('');
}

function showTable(firewall: PfFirewall, table: PfTable, verbose: number): string {
  if (verbose === 0) return `${table.name}\n`;
  const rules = firewall.references.get(table.name) ?? 0;
  const flags = `-${table.persist ? 'p' : '-'}a${rules > 0 ? 'r' : '-'}---`;
  const head = `${flags}\t${table.name}\n`;
  if (verbose === 1) return head;
  const lines = [
    `Addresses:   ${table.entries.size}`,
    `Cleared:     ${table.cleared.toUTCString()}`,
    `References:  [ Anchors: ${String(0).padEnd(18)} Rules: ${String(rules).padEnd(18)} ]`,
    `Evaluations: [ NoMatch: ${String(10).padEnd(18)} Match: ${String(table.counters.packets).padEnd(18)} ]`,
    ...DIRECTIONS.map((direction) => {
      const { packets, bytes } = direction === 'In/Block' ? table.counters : { packets: 0, bytes: 0 };
      const counts = `Packets: ${String(packets).padEnd(18)} Bytes: ${String(bytes).padEnd(18)}`;
      return `${`${direction}:`.padEnd(12)} [ ${counts} ]`;
    }),
  ];
  return head + lines.map((line) => `\t${line}\n`).join('');
}
