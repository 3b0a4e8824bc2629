import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PluginTable } from '../src/options/plugin-table.ts';

/** The part of the plugin's source that says which options there are. */
export const configurationFile = 'pkg/configuration/configuration.go';

const kinds: Readonly<Record<string, 'boolean' | 'integer' | 'text' | 'list'>> = {
  bool: 'boolean',
  int: 'integer',
  int64: 'integer',
  string: 'text',
  '[]string': 'list',
};

/**
 * The version of a work tree of the plugin: what its folder ends in (`plugin-v1.6.0`), else what its version.go says (the
 * releases before v1.7.0 have none there, or another one's).
 * @throws Error when neither tells.
 */
export function versionOf(source: string): string {
  const ofFolder = /v\d+\.\d+\.\d+$/.exec(path.resolve(source))?.[0];
  const version = ofFolder ?? /pluginVersion = "(v[\d.]+)"/.exec(read(source, 'version.go'))?.[1];
  if (version === undefined) throw new Error(`${source}: name the folder for its version, such as plugin-v1.6.0`);
  return version;
}

/** What the plugin's own check of its options says, as a table. @throws Error when it is written in another way than we know. */
export function tableOf(source: string): PluginTable {
  const text = read(source, configurationFile);
  const fields = [
    ...text.matchAll(/^\t(\w+)\s+(bool|int|int64|string|\[\]string)\s+`json:"(\w+),omitempty"`(.*)$/gm),
  ].map(([, field = '', type = '', name = '', comment = '']) => ({ field, kind: kinds[type], name, comment }));
  if (fields.length < 40) throw new Error(`${source}: ${configurationFile} has no list of options that can be read`);
  const names = new Map(fields.map(({ field, name }) => [field, name]));
  const ofKind = (kind: string): string[] => fields.filter((each) => each.kind === kind).map(({ name }) => name);
  const { words, anyCase } = wordsOf(text, names);
  return {
    boolean: ofKind('boolean'),
    integer: ofKind('integer'),
    list: ofKind('list'),
    text: ofKind('text'),
    deprecated: fields.filter(({ comment }) => comment.includes('Deprecated')).map(({ name }) => name),
    words,
    anyCase,
    ...limitsOf(text, names),
  };
}

/** `contains([]string{A, "b"}, config.Field)`, also of what is put into upper case first. */
function wordsOf(text: string, names: ReadonlyMap<string, string>): Pick<PluginTable, 'words' | 'anyCase'> {
  const constants = new Map(
    [...text.matchAll(/^\t(\w+)\s+= "([^"]*)"$/gm)].map(([, name = '', word = '']) => [name, word]),
  );
  const words: Record<string, readonly string[]> = {};
  const anyCase: string[] = [];
  for (const [, list = '', upper, field = ''] of text.matchAll(
    /contains\(\[\]string\{([^}]*)\}, (strings\.ToUpper\()?config\.(\w+)/g,
  )) {
    const name = known(names, field);
    words[name] = list.split(',').map((item) => wordOf(item.trim(), constants));
    if (upper !== undefined) anyCase.push(name);
  }
  return { words: sorted(words), anyCase };
}

function wordOf(item: string, constants: ReadonlyMap<string, string>): string {
  const word = item.startsWith('"') ? item.slice(1, -1) : constants.get(item);
  if (word === undefined) throw new Error(`${item} is no constant of ${configurationFile}`);
  return word;
}

/** A group of options with one limit, or `config.Field < N || config.Field >= M`. */
function limitsOf(text: string, names: ReadonlyMap<string, string>): Pick<PluginTable, 'least' | 'most'> {
  const least: Record<string, number> = {};
  const most: Record<string, number> = {};
  for (const [, group = '', fields = ''] of text.matchAll(/(\w+) := map\[string\]int64\{([^}]*)\}/g)) {
    const limit = new RegExp(`range ${group} \\{\\s*if val < (-?\\d+)`).exec(text)?.[1];
    if (limit === undefined) throw new Error(`${group} has no limit that can be read`);
    for (const [, field = ''] of fields.matchAll(/config\.(\w+)/g)) least[known(names, field)] = Number(limit);
  }
  for (const [, field = '', low, , high] of text.matchAll(
    /if config\.(\w+) < (-?\d+)( \|\| config\.\1 >= (\d+))? \{/g,
  )) {
    least[known(names, field)] = Number(low);
    if (high !== undefined) most[known(names, field)] = Number(high) - 1;
  }
  return { least: sorted(least), most: sorted(most) };
}

function known(names: ReadonlyMap<string, string>, field: string): string {
  const name = names.get(field);
  if (name === undefined) throw new Error(`${field} is checked, and no option`);
  return name;
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function read(source: string, file: string): string {
  try {
    return readFileSync(path.join(source, file), 'utf8');
  } catch {
    return '';
  }
}
