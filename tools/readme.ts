// usage: node tools/readme.ts [--check]     writes the generated tables into README.md; --check only compares
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { coreSettings, metricsTable, settingsTable, troubleshootingTable } from '@bouncer/connector';
import type { Connector } from '@bouncer/connector';

const root = path.resolve(import.meta.dirname, '..');
const file = path.join(root, 'README.md');
const before = await readFile(file, 'utf8');
let after = insert(before, 'settings', await settings());
after = insert(after, 'troubleshooting', troubleshootingTable());
after = insert(after, 'metrics', metricsTable());

if (process.argv.includes('--check')) {
  if (after === before) process.exit(0);
  console.error('README.md is out of date: run `node tools/readme.ts`');
  process.exit(1);
}
await writeFile(file, after);

async function settings(): Promise<string> {
  const tables = [`All connectors:\n\n${settingsTable(coreSettings)}`];
  for (const app of (await readdir(path.join(root, 'apps'))).sort()) {
    const { connector } = (await import(`../apps/${app}/src/connector.ts`)) as { connector: Connector };
    tables.push(`${connector.title}:\n\n${settingsTable(connector.settings)}`);
  }
  return tables.join('\n');
}

/** Replaces what stands between the marks of a section. */
function insert(text: string, section: string, content: string): string {
  const open = new RegExp(`(<!-- ${section}:[^>]*-->\n)[^]*?(<!-- /${section} -->)`);
  if (!open.test(text)) throw new Error(`README.md has no place for ${section}`);
  return text.replace(open, (_, start: string, end: string) => `${start}\n${content.trim()}\n\n${end}`);
}
