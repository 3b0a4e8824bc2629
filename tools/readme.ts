// usage: node tools/readme.ts [--check]     writes the generated tables into docs/ and the connectors' READMEs; --check only compares
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { coreSettings, troubleshootingTable, type Kind, type Setting, type Settings } from '@bouncer/target';
import { metricsTable, settingsTable, settingsWhere, targetsSetting } from '@bouncer/cli';
import { kinds } from './kinds.ts';

const root = path.resolve(import.meta.dirname, '..');
const onlyCheck = process.argv.includes('--check');
const connectors = await loadConnectors();

const settings = [`All connectors:\n\n${settingsTable(settingsWhere(coreSettings, false))}`];
// A kind stands among the settings of all once the main README's table of connectors names it; until then it is its own affair.
const main = await readFile(path.join(root, 'README.md'), 'utf8');
const isPresented = (app: string): boolean => main.includes(`](apps/${app})`);
const shared = sharedSettings();
if (Object.keys(shared).length > 0) settings.push(`Several connectors:\n\n${settingsTable(shared)}`);
for (const [app, connector] of connectors)
  if (isPresented(app)) settings.push(`${connector.title}:\n\n${settingsTable(commonOf(connector))}`);
settings.push(`crowdsec-bouncer:\n\n${settingsTable({ targets: targetsSetting })}`);
await update('docs/settings.md', { settings: settings.join('\n') });
await update('docs/notify.md', { settings: settingsTable(settingsWhere(coreSettings, true)) });
await update('docs/troubleshooting.md', { troubleshooting: troubleshootingTable() });
await update('docs/status-page.md', { metrics: metricsTable() });
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

/** What carries no prefix of a kind counts for several of them, and stands there once. */
function sharedSettings(): Settings {
  const all = [...connectors.values()].flatMap((connector) => Object.values(settingsWhere(connector.settings, false)));
  return Object.fromEntries(all.filter((each) => !hasPrefix(each)).map((each) => [each.env, each]));
}

function commonOf(connector: Kind): Settings {
  const own = Object.entries(settingsWhere(connector.settings, false));
  return Object.fromEntries(own.filter(([, each]) => hasPrefix(each)));
}

function hasPrefix({ env }: Setting): boolean {
  return [...connectors.keys()].some((kind) => env.startsWith(`${kind.toUpperCase()}_`));
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
