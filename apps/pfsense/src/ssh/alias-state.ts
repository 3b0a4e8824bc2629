import { ConfigError } from '@bouncer/stream';
import { aliasMissing, limitError } from './errors.ts';
import type { HelperOptions } from './helper.ts';
import { aliasField } from './report.ts';
import type { Report } from './report.ts';

/** What kind of table stands behind the alias. */
export type AliasKind = 'file' | 'flushed' | 'kept' | 'literal' | 'external' | 'missing';

/** Tells it from config.xml, else from the rules that were loaded last. */
export function aliasKind({ alias, line, tables, emptyAliases }: Report, name: string): AliasKind {
  const type = aliasField(alias, 'type');
  if (type === 'external') return 'external';
  if (type === 'urltable' || / persist file /.test(line)) return 'file';
  if (alias === '') return line === '' || !tables.has(name) ? 'missing' : 'kept';
  const members = aliasField(alias, 'address').split(/\s+/).filter(Boolean);
  if (members.length === 0) return 'flushed';
  return members.every((member) => emptyAliases.includes(member)) ? 'kept' : 'literal';
}

/** Why this alias is of no use, or undefined. */
export function aliasProblem(report: Report, { alias, file }: HelperOptions): ConfigError | undefined {
  const kind = aliasKind(report, alias);
  if (kind === 'missing') return aliasMissing(alias);
  if (file && kind !== 'file') {
    return new ConfigError(
      `the alias ${alias} is of type ${aliasField(report.alias, 'type') || 'unknown'}, not a URL table`,
      {
        hint: 'pfSense empties or refills such a table at every filter reload: delete the alias and make it as `setup` shows, or use PFSENSE_MODE=ssh-table',
      },
    );
  }
  if (file || kind === 'kept' || kind === 'external') return undefined;
  const why = {
    flushed: 'has no member: pfSense empties its table at every filter reload',
    literal: 'has addresses of its own: pfSense puts them back at every filter reload',
    file: 'is a URL table: pfSense reads its file back at every filter reload',
  }[kind];
  return new ConfigError(`the alias ${alias} ${why}`, {
    hint:
      kind === 'file' ? 'use PFSENSE_MODE=ssh' : 'make it as `setup` shows: its only member is another, empty alias',
  });
}

/** Most entries that the list may have so that pf takes it, now and at the next reload. */
export function roomFor({ tables, tableEntries, maxcount }: Report, { alias, file }: HelperOptions): number {
  if (tableEntries === undefined) return Infinity;
  let others = 0;
  for (const table of tables.values()) if (table.name !== alias) others += table.addresses;
  // A reload builds every table that has a file beside the live one.
  const room = file ? Math.floor(tableEntries / 2) - others : tableEntries - 2 * others;
  return Math.max(0, Math.min(room, maxcount ?? Infinity));
}

/** Throws when so many entries do not fit. */
export function demandRoom(report: Report, options: HelperOptions, count: number): void {
  const max = roomFor(report, options);
  if (count <= max) return;
  const { tableEntries = 0 } = report;
  const limit = tableEntries + (options.file ? 2 : 1) * (count - max);
  throw limitError(
    `${count} entries do not fit: pf's limit of ${tableEntries} table entries leaves room for ${max} (a filter reload needs each table twice)`,
    { limit, max },
  );
}
