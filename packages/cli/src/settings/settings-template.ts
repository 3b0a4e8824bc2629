import { ConfigError } from '@bouncer/stream';
import { shown, type Kind, type Setting } from '@bouncer/target';
import type { Program } from '../runtime/program.ts';
import { settingsOf } from './load-settings.ts';
import { yamlKey } from './names.ts';
import { isOwn } from './target-settings.ts';

/**
 * A YAML file to begin with: every usual setting with its meaning, those that are required open, the others commented out
 * with their defaults. `chosen` are kinds; an image of one kind takes that.
 * @throws ConfigError for a kind that the program has not, or for none where there are several.
 */
export async function settingsTemplate(program: Program, chosen: readonly string[]): Promise<string> {
  const { type, kinds, preset } = program;
  const names = chosen.length > 0 ? chosen : preset === undefined ? [] : [preset.name];
  const unknown = names.find((name) => !Object.hasOwn(kinds, name));
  const accepted = `accepted: ${Object.keys(kinds).join(', ')}`;
  if (unknown !== undefined) throw new ConfigError(`config init: no kind ${shown(unknown)} here; ${accepted}`);
  if (names.length === 0) throw new ConfigError(`config init: name the kinds that you want; ${accepted}`);
  const loaders = names.flatMap((name) => kinds[name] ?? []);
  const used = await Promise.all(loaders.map((load) => load()));
  const head = [
    `# Settings of ${type}: /etc/crowdsec/bouncers/${type}.yaml, or where --config or CONFIG_FILE say.`,
    '# The environment takes precedence. Any KEY may be given as KEY_file, the path of a file that holds the value.',
  ];
  const [only] = used;
  const own =
    used.length === 1 && only !== undefined && preset !== undefined
      ? groupOf(only)
      : ['targets:', ...used.flatMap(itemOf)];
  const owner = only ?? { name: '', type, settings: {} };
  const shared = Object.values(settingsOf({ ...owner, settings: {} }));
  return [...head, '', ...groupsOf(shared), ...own, ''].join('\n');
}

/** The settings that all kinds share: the group `crowdsec`, then what stands at the top. */
function groupsOf(settings: readonly Setting[]): string[] {
  const keys = settings.map((each) => [yamlKey(each.env, ''), each] as const);
  const grouped = keys.filter(([key]) => key.startsWith('crowdsec.'));
  const plain = keys.filter(([key]) => !key.includes('.'));
  return [
    'crowdsec:',
    // `bouncer_api_key` is taken as well, but nobody's example has it.
    ...grouped.flatMap(([key, each]) => linesOf(key.replace(/^crowdsec\.(bouncer_)?/, ''), each, '  ')),
    '',
    ...plain.flatMap(([key, each]) => linesOf(key, each, '')),
    '',
  ];
}

function usual(kind: Kind): readonly (readonly [string, Setting])[] {
  const settings = Object.values<Setting>(kind.settings).filter((each) => each.special !== true && isOwn(each, kind));
  return settings.map((each) => [yamlKey(each.env, kind.name).split('.').at(-1) ?? '', each]);
}

function groupOf(kind: Kind): string[] {
  return [`${kind.name}:`, ...usual(kind).flatMap(([key, each]) => linesOf(key, each, '  '))];
}

function itemOf(kind: Kind): string[] {
  return [`  - kind: ${kind.name}`, ...usual(kind).flatMap(([key, each]) => linesOf(key, each, '    '))];
}

function linesOf(key: string, setting: Setting, indent: string): string[] {
  const { help, required, kind } = setting;
  const words = `${indent}# ${help}`.replaceAll('\n', ' ');
  if (required !== undefined) {
    const note = required === true ? '' : `, ${required}`;
    return [`${words}; required${note}: ${kind.accepted}`, `${indent}${key}: ''`];
  }
  const value = setting.default ?? '';
  return [words, `${indent}# ${key}: ${typeof value === 'string' ? quoted(value) : String(value)}`];
}

function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}
