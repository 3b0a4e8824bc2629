// usage: node tools/readme.ts [--check]     writes the generated tables into the READMEs; --check only compares
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { coreSettings, troubleshootingTable, type Kind } from '@bouncer/target';
import { metricsTable, settingsTable, settingsWhere, targetsSetting } from '@bouncer/cli';
import { kinds } from './kinds.ts';

const root = path.resolve(import.meta.dirname, '..');
const onlyCheck = process.argv.includes('--check');
const connectors = await loadConnectors();

const settings = [`All connectors:\n\n${settingsTable(settingsWhere(coreSettings, false))}`];
// A kind stands in the main README once its table of connectors names it; until then it is its own README's affair.
const main = await readFile(path.join(root, 'README.md'), 'utf8');
const isPresented = (app: string): boolean => main.includes(`](apps/${app})`);
const presented = [...connectors].filter(([app]) => isPresented(app)).map(([, connector]) => connector);
for (const { title, settings: all, name } of presented) {
  const own = Object.entries(settingsWhere(all, false)).filter(([, { env }]) =>
    env.startsWith(`${name.toUpperCase()}_`),
  );
  settings.push(`${title}:\n\n${settingsTable(Object.fromEntries(own))}`);
}
// What several kinds take, under one name for all of them.
const shared = presented.flatMap(({ settings: all, name }) =>
  Object.entries(settingsWhere(all, false)).filter(([, { env }]) => !env.startsWith(`${name.toUpperCase()}_`)),
);
settings.push(`NGINX (lua) and Traefik (forwardauth):\n\n${settingsTable(Object.fromEntries(shared))}`);
settings.push(`crowdsec-bouncer:\n\n${settingsTable({ targets: targetsSetting })}`);
await update('README.md', {
  settings: settings.join('\n'),
  troubleshooting: troubleshootingTable(),
  metrics: metricsTable(),
});
for (const [app, connector] of connectors) {
  const special = settingsWhere(connector.settings, true);
  const common = isPresented(app) ? {} : settingsWhere(connector.settings, false);
  const own = { ...common, ...special };
  if (Object.keys(own).length > 0) await update(`apps/${app}/README.md`, { settings: settingsTable(own) });
}

async function loadConnectors(): Promise<Map<string, Kind>> {
  const loaded = Object.entries(kinds).map(async ([name, load]): Promise<[string, Kind]> => [name, await load()]);
  return new Map(await Promise.all(loaded));
}

/** Replaces what stands between the marks of each section. */
async function update(file: string, sections: Readonly<Record<string, string>>): Promise<void> {
  const before = await readFile(path.join(root, file), 'utf8');
  let after = before;
  for (const [section, content] of Object.entries(sections)) {
    const marks = new RegExp(`(<!-- ${section}:[^>]*-->\n)[^]*?(<!-- /${section} -->)`);
    if (!marks.test(after)) throw new Error(`${file} has no place for ${section}`);
    after = after.replace(marks, (_, start: string, end: string) => `${start}\n${content.trim()}\n\n${end}`);
  }
  if (after === before) return;
  if (onlyCheck) {
    console.error(`${file} is out of date: run \`node tools/readme.ts\``);
    process.exitCode = 1;
    return;
  }
  await writeFile(path.join(root, file), after);
}
