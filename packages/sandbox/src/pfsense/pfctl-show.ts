import type { PfFirewall } from './firewall.ts';
import { printForward } from './pf-rules.ts';
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

/** `pfctl -vsr`: the rules that pf works with. */
export function showRules(firewall: PfFirewall, verbose: number): string {
  const lines: string[] = [];
  for (const { text, counter } of firewall.rules) {
    lines.push(text);
    if (verbose === 0) continue;
    const { packets, bytes } = firewall.ruleCounters.get(counter) ?? { packets: 0, bytes: 0 };
    const counts = `Packets: ${String(packets).padEnd(9)} Bytes: ${String(bytes).padEnd(11)} States: 0`;
    lines.push(`  [ Evaluations: ${String(10).padEnd(9)} ${counts}      ]`);
    lines.push('  [ Inserted: uid 0 pid 0 State Creations: 0     ]');
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** `pfctl -sn`. */
export function showNat({ config }: PfFirewall): string {
  return (config.forwards ?? []).map((forward) => `${printForward(forward)}\n`).join('');
}

/** `pfctl -s info`, its beginning. */
export function showInfo({ enabled }: PfFirewall): string {
  return `Status: ${enabled ? 'Enabled' : 'Disabled'} for 3 days 01:02:03           Debug: Urgent\n\n`;
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
