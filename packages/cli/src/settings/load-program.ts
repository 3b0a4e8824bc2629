import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  coreSettings,
  nearest,
  printable,
  setting,
  shown,
  validateCore,
  type CoreValues,
  type Kind,
  type Problem,
  type Setting,
  type Settings,
} from '@bouncer/target';
import type { Kinds, Program } from '../runtime/program.ts';
import { loadSettings, resolveAll, settingsOf } from './load-settings.ts';
import type { LoadOptions, LoadedSettings } from './load-settings.ts';
import { treeVariables, variablesOf, yamlKeys } from './names.ts';
import { configError } from './problem.ts';
import { Redactor } from './redactor.ts';
import { resolveSetting } from './resolve-setting.ts';
import type { Resolved } from './resolve-setting.ts';
import { isOwn, resolveTarget, targetName } from './target-settings.ts';
import type { LoadedTarget } from './target-settings.ts';
import { unknownVariables } from './unknown-variables.ts';
import { readYamlFile } from './yaml-file.ts';
import type { YamlTarget } from './yaml-file.ts';

/** The settings of a process: what all its targets share, and each target. */
export interface LoadedProgram extends Omit<LoadedSettings<Settings>, 'values'> {
  readonly values: CoreValues;
  readonly targets: readonly LoadedTarget[];
}

/** Of `crowdsec-bouncer` alone. */
export const targetsSetting = setting.list({
  env: 'TARGETS',
  defaultNote: 'required, unless the YAML file has `targets:`',
  help: 'kinds by comma (`mikrotik,nginx`), each with its own variables; see docs/several-targets.md',
});

/** What is accepted where no target is named. */
const TARGETS_ACCEPTED = (kinds: Kinds): string =>
  `kinds by comma (${Object.keys(kinds).join(', ')}), or a list \`targets:\` in the YAML file`;

/**
 * Loads the settings of a program: those of `targets:` where the YAML file has that list; else those of the image's one kind
 * or of the kinds that TARGETS names. Contacts nothing.
 * @throws ConfigError with one line for each problem, all of them at once.
 */
export async function loadProgram(program: Program, options: LoadOptions): Promise<LoadedProgram> {
  const { preset } = program;
  const path = configPath(program.type, options);
  // Only the list is looked for: which keys are known depends on the kinds in it.
  const file = path === undefined ? undefined : await readYamlFile(path, new Map());
  // What an importer may read is looked at by that one.
  if (file?.isUnread && preset === undefined) throw configError(file.problems, new Redactor());
  const list = file?.targets;
  if (path !== undefined && list) return loadList(program, path, list, options);
  if (!preset) return loadNamed(program, path, options);
  const loaded = await loadSettings(preset, options);
  return { ...loaded, targets: [{ kind: preset, name: undefined, place: undefined, values: loaded.values }] };
}

function configPath(
  type: string,
  { env, configFile, configFolder = '/etc/crowdsec/bouncers' }: LoadOptions,
): string | undefined {
  const named = configFile ?? env['CONFIG_FILE']?.trim();
  if (named !== undefined && named !== '') return named;
  const usual = join(configFolder, `${type}.yaml`);
  return existsSync(usual) ? usual : undefined;
}

/** `targets:` of the YAML file. */
async function loadList(
  { kinds }: Program,
  path: string,
  list: readonly YamlTarget[],
  { env, importFile }: LoadOptions,
): Promise<LoadedProgram> {
  const problems: Problem[] = [];
  const redactor = new Redactor();
  if (importFile !== undefined)
    problems.push({ variable: '--import', problem: `and \`targets:\` of ${path} exclude each other` });
  if ((env['TARGETS'] ?? env['TARGETS_FILE'] ?? '').trim() !== '') {
    problems.push({
      variable: 'TARGETS',
      problem: `and \`targets:\` of ${path} are two names for one thing`,
      accepted: 'one of them',
    });
  }
  if (list.length === 0) problems.push({ variable: path, problem: 'has no target', accepted: TARGETS_ACCEPTED(kinds) });
  const found = await Promise.all(list.map((item, index) => kindOf(kinds, item, `targets[${index}]`, problems)));
  const used = [...new Set(found.filter((kind) => kind !== undefined))];
  const shared = byVariable([...Object.values(coreSettings), ...used.flatMap(sharedSettings)]);
  // The list itself was looked at without its keys; this reads the rest of the file.
  const yaml = await readYamlFile(path, yamlKeys(shared, ''), treeVariables(shared));
  const toldBefore = yaml.problems.length;
  problems.push(...yaml.problems.map((problem) => groupInList(problem, kinds)));
  const resolved = resolveAll(coreSettings, { env, yaml, problems, redactor });
  const core = resolved.values as CoreValues;
  problems.push(...coreProblems(core, problems));
  const names = namesOf(list, found, problems, redactor);
  const rows: Resolved[] = [...resolved.rows];
  const targets = (yaml.targets ?? []).flatMap((item, index): LoadedTarget[] => {
    const kind = found[index];
    const place = `targets[${index}]`;
    if (!kind) return [];
    rows.push(told(`${place}.kind`, kind.name, item), told(`${place}.name`, names[index] ?? '', item));
    const target = resolveTarget(kind, item, place, { env, yaml, core, redactor }, problems);
    rows.push(...target.rows);
    return [{ kind, name: names[index], place, values: target.values }];
  });
  // The texts of the list are read as they are asked for.
  problems.push(...yaml.problems.slice(toldBefore));
  if (problems.length > 0) throw configError(problems, redactor);
  return {
    values: core,
    resolved: rows,
    configFile: path,
    warnings: [...unknownVariables(shared, '', env, []), ...unread(used, env, path)],
    notices: [],
    redactor,
    targets,
  };
}

/** TARGETS of the environment: each kind with its own variables, as in the image of that kind. */
async function loadNamed({ kinds }: Program, path: string | undefined, { env }: LoadOptions): Promise<LoadedProgram> {
  const problems: Problem[] = [];
  const redactor = new Redactor();
  const list = resolveSetting(targetsSetting, { env, yaml: undefined, problems, redactor });
  const chosen = (list.value ?? []) as readonly string[];
  const unknown = chosen.filter((name) => !(name in kinds));
  const twice = chosen.filter((name, index) => chosen.indexOf(name) !== index);
  for (const name of unknown) problems.push(unknownKind('TARGETS', name, kinds));
  for (const name of new Set(twice)) {
    problems.push({
      variable: 'TARGETS',
      problem: `names ${name} twice: several of one kind stand in \`targets:\` of the YAML file`,
    });
  }
  if (chosen.length === 0 && problems.length === 0) {
    problems.push({ variable: 'TARGETS', problem: 'is missing', accepted: TARGETS_ACCEPTED(kinds) });
  }
  if (problems.length > 0) throw configError(problems, redactor);
  const used = await Promise.all(chosen.map((name) => (kinds[name] as Kinds[string])()));
  const all = byVariable(used.flatMap((kind) => Object.values(settingsOf(kind))));
  const keys = new Map(used.flatMap((kind) => [...yamlKeys(settingsOf(kind), kind.name)]));
  const yaml = path === undefined ? undefined : await readYamlFile(path, keys, treeVariables(all));
  problems.push(...(yaml?.problems ?? []));
  const resolved = resolveAll(coreSettings, { env, yaml, problems, redactor });
  const core = resolved.values as CoreValues;
  problems.push(...coreProblems(core, problems));
  const rows: Resolved[] = [...resolved.rows, list];
  const targets = used.map((kind): LoadedTarget => {
    const own: Problem[] = [];
    const { values, rows: more } = resolveAll(kind.settings, { env, yaml, problems: own, redactor });
    const target = { ...core, maxEntries: core.maxEntries ?? kind.maxEntries, ...values } as LoadedTarget['values'];
    if (own.length === 0 && problems.length === 0) own.push(...(kind.validate?.(target) ?? []));
    problems.push(...own);
    rows.push(...more);
    return { kind, name: kind.name, place: undefined, values: target };
  });
  if (problems.length > 0) throw configError(problems, redactor);
  const foreign = used.flatMap((kind) => kind.foreignVariables ?? []);
  const warnings = used.flatMap((kind) => unknownVariables(all, kind.name, env, foreign));
  return {
    values: core,
    resolved: dedupe(rows),
    configFile: path,
    warnings: [...new Set(warnings)],
    notices: [],
    redactor,
    targets,
  };
}

async function kindOf(kinds: Kinds, item: YamlTarget, place: string, problems: Problem[]): Promise<Kind | undefined> {
  const entry = item.entries.find(({ key }) => key === 'kind');
  const only = Object.keys(kinds).length === 1 ? Object.keys(kinds)[0] : undefined;
  const name = entry?.text(false)?.trim() ?? only;
  if (name !== undefined && Object.hasOwn(kinds, name)) return kinds[name]?.();
  const where = `${place}.kind (line ${entry?.line ?? item.line})`;
  if (name !== undefined) problems.push(unknownKind(where, name, kinds));
  else problems.push({ variable: where, problem: 'is missing', accepted: Object.keys(kinds).join(', ') });
  return undefined;
}

function unknownKind(variable: string, name: string, kinds: Kinds): Problem {
  const guess = nearest(name, Object.keys(kinds));
  const hint = guess === undefined ? '' : ` (did you mean ${guess}?)`;
  return {
    variable,
    problem: `${shown(name)} is no kind of this image${hint}`,
    accepted: Object.keys(kinds).join(', '),
  };
}

/** The name of each target: its own, or its kind's, numbered when that is taken. */
function namesOf(
  list: readonly YamlTarget[],
  kinds: readonly (Kind | undefined)[],
  problems: Problem[],
  redactor: Redactor,
): readonly (string | undefined)[] {
  const taken = new Map<string, number>();
  const given = list.map(({ entries }, index) => {
    const entry = entries.find(({ key }) => key === 'name');
    const text = entry?.text(false);
    if (!entry || text === undefined) return undefined;
    const found: Problem[] = [];
    const env = { name: text };
    const name = resolveSetting(targetName, { env, yaml: undefined, problems: found, redactor }).value as
      string | undefined;
    const variable = `targets[${index}].name (line ${entry.line})`;
    const first = name === undefined ? undefined : taken.get(name);
    problems.push(...found.map((problem) => ({ ...problem, variable })));
    if (first !== undefined)
      problems.push({ variable, problem: `is the name of targets[${first}] as well`, accepted: 'a name of its own' });
    else if (name !== undefined) taken.set(name, index);
    return name;
  });
  return list.map((_, index) => {
    const kind = kinds[index]?.name;
    const own = given[index];
    if (own !== undefined || kind === undefined) return own;
    let name = kind;
    for (let number = 2; taken.has(name); number += 1) name = `${kind}-${number}`;
    taken.set(name, index);
    return name;
  });
}

/** Settings of a kind that may be given once for all targets: what carries no prefix of its own. */
function sharedSettings(kind: Kind): readonly Setting[] {
  return Object.values(kind.settings).filter((each) => !isOwn(each, kind));
}

/** Kinds call their settings alike (`host`); their variables differ. */
function byVariable(settings: readonly Setting[]): Settings {
  return Object.fromEntries(settings.map((each) => [each.env, each]));
}

function groupInList(problem: Problem, kinds: Kinds): Problem {
  const name = /^unknown key (\w+)/.exec(problem.problem)?.[1] ?? '';
  if (!Object.hasOwn(kinds, name)) return problem;
  return {
    ...problem,
    problem: `${name} and \`targets:\` exclude each other: give its settings in the list, as \`- kind: ${name}\``,
  };
}

function told(variable: string, printed: string, { entries }: YamlTarget): Resolved {
  const isGiven = entries.some(({ key }) => variable.endsWith(`.${key}`));
  return {
    setting: { ...targetName, env: variable },
    value: printed,
    printed,
    source: isGiven ? `yaml ${variable}` : 'default',
  };
}

/** Variables of a kind that would count without the list. */
function unread(kinds: readonly Kind[], env: LoadOptions['env'], path: string): readonly string[] {
  return kinds.flatMap((kind) =>
    Object.values(kind.settings)
      .filter((each) => isOwn(each, kind))
      .flatMap(variablesOf)
      .flatMap((variable) => [variable, `${variable}_FILE`])
      .filter((variable) => (env[variable] ?? '') !== '')
      .map((variable) => `${printable(variable)}: is ignored: the targets are those of ${path}`),
  );
}

function coreProblems(core: CoreValues, problems: readonly Problem[]): readonly Problem[] {
  return problems.some(({ variable }) => variable.startsWith('CROWDSEC_')) ? [] : validateCore(core);
}

function dedupe(rows: readonly Resolved[]): readonly Resolved[] {
  return [...new Map(rows.map((row) => [row.setting.env, row])).values()];
}
