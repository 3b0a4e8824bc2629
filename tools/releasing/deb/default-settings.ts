import { coreSettings, type Kind, type Setting } from '@bouncer/target';
import { settingsWhere } from '@bouncer/cli';
import type { DebianApp } from './debian-app.ts';

const WIDTH = 100;

/**
 * The settings file of a fresh installation: every usual setting with its meaning and default, commented out, so that it
 * stands for nothing but the defaults. `kinds` is one kind, or all for the connector that has them all.
 */
export function defaultSettings({ name, wants }: DebianApp, kinds: readonly Kind[]): string {
  const own = kinds.length === 1 ? kinds[0] : undefined;
  const { crowdsec = [], '': top = [] } = grouped(Object.values(settingsWhere(coreSettings, false)), 'crowdsec');
  const of = (kind: Kind): readonly Line[] =>
    grouped(Object.values(settingsWhere(kind.settings, false)), kind.name)[kind.name] ?? [];
  const parts = [
    `# Settings of ${name}. Take away the # before what you set, then:
#   ${name} check        looks at every step, and says what to do
#   systemctl enable --now ${name}
# Each key may end in _file and name a file with the value; the service's user has to be able to read it.
# What is said here can be said by variables as well; the manual has all settings.`,
    group('crowdsec', crowdsec, {}),
    top.map((line) => printed(line, '')).join('\n'),
    own ? group(own.name, of(own), preset(wants.preset, own.name)) : targets(kinds, of),
  ];
  return `${parts.join('\n\n')}\n`;
}

interface Line {
  readonly key: string;
  readonly setting: Setting;
}

/** By the group of the YAML file; what belongs to none under ''. */
function grouped(settings: readonly Setting[], name: string): Readonly<Record<string, readonly Line[]>> {
  const prefix = `${name.toUpperCase()}_`;
  const lines = settings.map((setting): [string, Line] =>
    setting.env.startsWith(prefix)
      ? [name, { key: setting.env.slice(prefix.length).toLowerCase(), setting }]
      : ['', { key: setting.env.toLowerCase(), setting }],
  );
  return Object.fromEntries(
    [...new Set(lines.map(([found]) => found))].map((found) => [
      found,
      lines.filter(([each]) => each === found).map(([, line]) => line),
    ]),
  );
}

function preset(all: Readonly<Record<string, string>> = {}, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(`${name}.`))
      .map(([key, value]) => [key.slice(name.length + 1), value]),
  );
}

function group(name: string, lines: readonly Line[], set: Readonly<Record<string, string>>): string {
  return [`${name}:`, ...lines.map((line) => printed(line, '  ', set[line.key]))].join('\n');
}

function targets(kinds: readonly Kind[], of: (kind: Kind) => readonly Line[]): string {
  const items = kinds.map((kind) => {
    const needed = of(kind).filter(({ setting }) => setting.required !== undefined || setting.default === undefined);
    return [
      `#  - kind: ${kind.name}`,
      ...needed.map((line) => printed(line, '#    ').replaceAll('#    #', '#    ')),
    ].join('\n');
  });
  return `# One or more of these; every setting of a kind may stand in its target.\n#targets:\n${items.join('\n')}`;
}

function printed({ key, setting }: Line, indent: string, value?: string): string {
  const required =
    setting.required === undefined ? '' : setting.required === true ? ' Required.' : ` Required ${setting.required}.`;
  const help = wrapped(`${setting.help}${required === '' ? '' : `.${required}`}`, WIDTH - indent.length);
  const line = value === undefined ? `#${key}: ${standard(setting)}` : `${key}: ${value}`;
  return [...help.map((text) => `${indent}# ${text}`), `${indent}${line.trimEnd()}`].join('\n');
}

/** The default as YAML; nothing where there is none. */
function standard({ default: value }: Setting): string {
  if (value === undefined || value === '') return '';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function wrapped(text: string, width: number): readonly string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) return [...lines, word];
    return [...lines.slice(0, -1), `${last} ${word}`];
  }, []);
}
