import { readFileSync } from 'node:fs';
import { fileProblem, nearest, printable, type Problem } from '@bouncer/target';
import { openYaml } from './yaml-reader.ts';

/** One value of the YAML file as text, in the words that the environment would use. */
export interface YamlValue {
  readonly key: string;
  readonly text: string;
  readonly line: number;
}

/** One item of `targets:`, its keys not yet understood: which are known depends on its kind. */
export interface YamlTarget {
  readonly line: number;
  readonly entries: readonly YamlEntry[];
}

export interface YamlEntry {
  readonly key: string;
  readonly line: number;
  /** The value as text; a group is told as a problem unless it `mayBeTree`, and is JSON then. */
  text(mayBeTree: boolean): string | undefined;
}

export interface YamlFile {
  readonly path: string;
  /** By variable: `MIKROTIK_HOST`, or `MIKROTIK_PASSWORD_FILE`. */
  readonly values: ReadonlyMap<string, YamlValue>;
  readonly problems: readonly Problem[];
  /** True when nothing of it can be used: what is missing then is no problem of its own. */
  readonly isUnread?: boolean;
  /** The list under `targets:`; undefined when there is none. */
  readonly targets?: readonly YamlTarget[] | undefined;
}

/**
 * Reads a YAML file of settings, at most one group deep but for `targets:`. `keys` maps every known key to its variable;
 * those in `trees` may be as deep as they like.
 */
export async function readYamlFile(
  path: string,
  keys: ReadonlyMap<string, string>,
  trees: ReadonlySet<string> = new Set(),
): Promise<YamlFile> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const problems = [{ variable: 'CONFIG_FILE', problem: fileProblem(path, error) }];
    return { path, values: new Map(), problems, isUnread: true };
  }
  return parseYaml(path, text, keys, trees);
}

/** The same for a text that was read already. @internal */
export async function parseYaml(
  path: string,
  text: string,
  keys: ReadonlyMap<string, string>,
  trees: ReadonlySet<string> = new Set(),
): Promise<YamlFile> {
  const yaml = await openYaml(path, text);
  const values = new Map<string, YamlValue>();
  let targets: readonly YamlTarget[] | undefined;

  function textAt(node: unknown, key: string, mayBeTree: boolean): string | undefined {
    const value = (mayBeTree ? yaml.treeText(node) : undefined) ?? yaml.textOf(node, key);
    return value === undefined || value.trim() === '' ? undefined : value;
  }

  function addValue(key: string, node: unknown, line: number): void {
    const variable = keys.get(key);
    if (variable === undefined) {
      const guess = nearest(key, keys.keys());
      const advice = guess === undefined ? '`config init` prints those that are known' : `did you mean ${guess}?`;
      yaml.fail(line, `unknown key ${printable(key)}; ${advice}`);
      return;
    }
    const value = textAt(node, key, trees.has(variable));
    if (value !== undefined) values.set(variable, { key, text: value, line });
  }

  function targetsOf(node: unknown, line: number): readonly YamlTarget[] {
    const items = yaml.itemsOf(node);
    if (!items) {
      yaml.fail(line, 'targets must be a list: `- kind: NAME` with its settings below it');
      return [];
    }
    return items.map((item, index) => {
      const members = yaml.groupOf(item.node);
      const place = `targets[${index}]`;
      if (!members) yaml.fail(item.line, `${place} must be a group: \`kind: NAME\` with its settings below it`);
      const entries = (members ?? []).map((member): YamlEntry => ({
        key: member.key,
        line: member.line,
        text: (mayBeTree) => textAt(member.node, `${place}.${member.key}`, mayBeTree),
      }));
      return { line: item.line, entries };
    });
  }

  const groups = new Set([...keys.keys()].filter((key) => key.includes('.')).map((key) => key.split('.')[0]));
  for (const { key: name, line, node } of yaml.root) {
    if (name === 'targets' && !keys.has(name)) {
      if (!yaml.isEmpty(node)) targets = targetsOf(node, line);
      continue;
    }
    if (!groups.has(name)) {
      addValue(name, node, line);
      continue;
    }
    if (yaml.isEmpty(node)) continue;
    const members = yaml.groupOf(node);
    if (!members) {
      yaml.fail(line, `${name} must be a group: keys below it, each on a line of its own`);
      continue;
    }
    for (const member of members) addValue(`${name}.${member.key}`, member.node, member.line);
  }
  return { path, values, problems: yaml.problems, isUnread: yaml.isUnread, targets };
}
