import type { DropCounters } from '@bouncer/target';
import type { Family } from '../address-list.ts';
import type { Lists } from './lists.ts';
import { command } from '../routeros/command.ts';
import { trapError, trapKind } from '../routeros/errors.ts';
import type { Link } from '../routeros/link.ts';
import type { InterfaceFacts, InterfaceList } from './interfaces.ts';
import { BLOCKING, toRule } from './rule.ts';
import type { Rule, RuleTable } from './rule.ts';
import type { Tables } from './walk.ts';

type Row = ReadonlyMap<string, string>;

/** The menu of a table. */
export function ruleMenu(family: Family, table: RuleTable): string {
  return `/${family === 4 ? 'ip' : 'ipv6'}/firewall/${table}`;
}

/** Reads all rules of a table in their order, with everything that narrows them. An old router has no raw table: none. */
export async function readRules(link: Link, family: Family, table: RuleTable, signal: AbortSignal): Promise<Rule[]> {
  const rows = await rowsOf(link, `${ruleMenu(family, table)}/print`, signal);
  return (rows ?? []).map((row, number) => toRule(table, number, row));
}

/** Reads both tables of a family. */
export async function readTables(link: Link, family: Family, signal: AbortSignal): Promise<Tables> {
  const raw = await readRules(link, family, 'raw', signal);
  return { raw, filter: await readRules(link, family, 'filter', signal) };
}

/** Reads the interfaces, their lists and who is a member. */
export async function readInterfaces(link: Link, signal: AbortSignal): Promise<InterfaceFacts> {
  const interfaces = await rowsOf(link, '/interface/print', signal, 'name,type,disabled,dynamic,slave');
  const lists = await rowsOf(link, '/interface/list/print', signal, 'name,include,exclude');
  const members = await rowsOf(link, '/interface/list/member/print', signal, 'list,interface,disabled');
  return {
    interfaces: interfaces?.map((row) => ({
      name: row.get('name') ?? '',
      type: row.get('type') ?? '',
      disabled: row.get('disabled') === 'true',
      dynamic: row.get('dynamic') === 'true',
      slave: row.get('slave') === 'true',
    })),
    lists: lists && members && new Map(lists.map((row) => [row.get('name') ?? '', toList(row, members)])),
  };
}

function toList(row: Row, members: readonly Row[]): InterfaceList {
  const words = (text = ''): string[] => text.split(',').filter((word) => word !== '');
  const own = members.filter((member) => member.get('list') === row.get('name') && member.get('disabled') !== 'true');
  return {
    include: words(row.get('include')),
    exclude: words(row.get('exclude')),
    members: own.map((member) => member.get('interface') ?? ''),
  };
}

/** What the rules with our lists have dropped, by family. */
export async function readCounters(
  link: Link,
  families: readonly Family[],
  lists: Lists,
  signal: AbortSignal,
): Promise<DropCounters[]> {
  const counters: DropCounters[] = [];
  for (const family of families) {
    let packets = 0;
    let bytes = 0;
    const tables = ['raw', 'filter'] as const;
    const asked = lists.filled(family).flatMap((list) => tables.map((table) => ({ list, table })));
    for (const { list, table } of asked) {
      const query = [`?src-address-list=${list}`];
      const rows = await rowsOf(link, `${ruleMenu(family, table)}/print`, signal, 'action,packets,bytes', query);
      for (const row of rows ?? []) {
        const action = row.get('action') ?? '';
        if (!BLOCKING.has(action) && action !== 'jump') continue;
        packets += Number(row.get('packets') ?? 0) || 0;
        bytes += Number(row.get('bytes') ?? 0) || 0;
      }
    }
    counters.push({ family, packets, bytes });
  }
  return counters;
}

/** Every row of a print; undefined when the router has no such menu. Throws AuthError when the policy `read` is missing. */
export async function rowsOf(
  link: Link,
  print: string,
  signal: AbortSignal,
  properties?: string,
  queries: readonly string[] = [],
): Promise<Row[] | undefined> {
  const rows: Row[] = [];
  const words = [print, ...(properties === undefined ? [] : [`=.proplist=${properties}`]), ...queries];
  const { trap } = await command(link, words, signal, (row) => {
    rows.push(new Map(row.attributes().map(splitWord)));
  });
  if (trap === undefined) return rows;
  if (trapKind(trap) === 'no-command') return undefined;
  throw trapError(trap, print, 'read');
}

/** `=name=value`, where the value may hold more `=`. */
function splitWord(word: string): [string, string] {
  const end = word.indexOf('=', 1);
  return end < 0 ? [word.slice(1), ''] : [word.slice(1, end), word.slice(end + 1)];
}
