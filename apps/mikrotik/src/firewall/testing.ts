import { findWan } from './interfaces.ts';
import type { Interface, InterfaceFacts } from './interfaces.ts';
import { toRule } from './rule.ts';
import type { Rule, RuleTable } from './rule.ts';
import type { Scene } from './condition.ts';
import type { Tables } from './walk.ts';

/** Rules as people write them, a line each, the table first: `raw chain=prerouting action=drop src-address-list=crowdsec`. */
export function rulesOf(...lines: readonly string[]): Tables {
  const tables: Record<RuleTable, Rule[]> = { raw: [], filter: [] };
  for (const [index, line] of lines.entries()) {
    const [table, ...words] = line.split(' ');
    const rules = tables[table === 'raw' ? 'raw' : 'filter'];
    const pairs = words.map((word): [string, string] => {
      const end = word.indexOf('=');
      return [word.slice(0, end), word.slice(end + 1)];
    });
    const id = `*${(index + 1).toString(16).toUpperCase()}`;
    rules.push(toRule(table === 'raw' ? 'raw' : 'filter', rules.length, new Map([['.id', id], ...pairs])));
  }
  return tables;
}

/** ether1 is WAN, the bridge LAN. */
export function usualInterfaces(more: readonly Partial<Interface>[] = []): InterfaceFacts {
  const plain = { type: 'ether', disabled: false, dynamic: false, slave: false, name: '' };
  const list = (...members: string[]) => ({ include: [], exclude: [], members });
  return {
    interfaces: [{ name: 'ether1' }, { name: 'ether2', slave: true }, { name: 'bridge', type: 'bridge' }, ...more].map(
      (one) => ({ ...plain, ...one }),
    ),
    lists: new Map([
      ['WAN', list('ether1')],
      ['LAN', list('bridge')],
    ]),
  };
}

/** What comes in by WAN from a source in the list `crowdsec`. */
export function sceneOf(interfaces = usualInterfaces()): Scene {
  return { list: 'crowdsec', interfaces, wan: findWan(interfaces, 'WAN'), blockPrivateNetworks: false };
}
