import { ConfigError } from '@bouncer/stream';
import { aliasMissing } from './errors.ts';
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
