// usage: node apps/traefik/tools/plugin-tables.ts FOLDER ...     for each plugin's source, what its options are: writes
// src/options/tables/vX.Y.Z.json, unless the version before it says the same
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { tableFor } from '../src/options/plugin-table.ts';
import { parseVersion } from '../src/options/version.ts';
import { tableOf, versionOf } from './read-plugin.ts';

const sources = process.argv.slice(2);
if (sources.length === 0) {
  process.stderr.write('usage: node apps/traefik/tools/plugin-tables.ts FOLDER ...\n');
  process.exit(2);
}
for (const source of sources) {
  const version = versionOf(source);
  const table = tableOf(source);
  const isKnown = isDeepStrictEqual(table, tableFor(parseVersion(version) ?? [0, 0, 0]));
  const file = path.join(import.meta.dirname, '../src/options/tables', `${version}.json`);
  if (!isKnown) writeFileSync(file, `${JSON.stringify(table, undefined, 2)}\n`);
  process.stdout.write(
    isKnown ? `${version}: as in the tables\n` : `${version}: written; name it in plugin-table.ts\n`,
  );
}
