import { execFileSync } from 'node:child_process';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runConnectorCommand } from '@bouncer/sandbox';
import { afterAll, describe, expect, it } from 'vitest';
import { kinds } from '../../kinds.ts';
import { debianApp } from './debian-app.ts';
import { defaultSettings } from './default-settings.ts';

const all = await Promise.all(Object.values(kinds).map((load) => load()));
const folder = mkdtempSync(path.join(os.tmpdir(), 'default-settings-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The settings of an app with what it cannot do without, from its file. */
async function configOf(app: string, text: string): Promise<{ code: number; problems: string[] }> {
  const file = path.join(folder, `${app}.yaml`);
  writeFileSync(file, text);
  const ran = await runConnectorCommand({ app, args: ['config', '--config', file], env: {} });
  return { code: ran.code, problems: ran.stderr.split('\n').filter((line) => line !== '') };
}

/** Takes the # away before every `key:` line; `values` for those that have none. */
function uncommented(text: string): string {
  return text.replace(/^( *)#([a-z_0-9]+:(?: .+)?)$/gm, '$1$2');
}

describe.each(all.map((kind) => [kind.name, kind] as const))('the settings file of %s', (app, kind) => {
  const text = defaultSettings(debianApp(app, kind.title), [kind]);

  it('as it is asks for what is missing, and for nothing else', async () => {
    const { code, problems } = await configOf(app, text);
    expect(code).toBe(2);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(/is required|is missing|missing|required|not set/i);
  });

  it('has every key by its right name: with all defaults set it asks for the same', async () => {
    const before = await configOf(app, text);
    const after = await configOf(app, uncommented(text));
    expect(after).toEqual(before);
  });
});

it('the settings file of crowdsec-bouncer names every kind', async () => {
  const text = defaultSettings(debianApp('bouncer'), all);
  for (const { name } of all) expect(text).toContain(`#  - kind: ${name}\n`);
  const { code } = await configOf('bouncer', text);
  expect(code).toBe(2);
});

it('no line is longer than a terminal', () => {
  const longest = all.flatMap((kind) => defaultSettings(debianApp(kind.name, kind.title), [kind]).split('\n'));
  expect(longest.filter((line) => line.length > 110)).toEqual([]);
});

it('the scripts are plain sh', () => {
  for (const script of ['postinst', 'prerm', 'postrm', 'command'])
    execFileSync('sh', ['-n', path.resolve(import.meta.dirname, '../../../packaging/deb', script)]);
});
