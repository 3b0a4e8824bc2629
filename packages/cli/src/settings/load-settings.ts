import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './candidates.ts';
import {
  coreSettingsFor,
  validateCore,
  type CoreValues,
  type ForeignEnvironment,
  type Problem,
  type Setting,
  type Settings,
  type SettingsImporter,
  type ValuesOf,
} from '@bouncer/target';
import { treeVariables, variablesOf, yamlKeys } from './names.ts';
import { configError } from './problem.ts';
import { Redactor } from './redactor.ts';
import { resolveSetting } from './resolve-setting.ts';
import type { Resolved, ResolveContext } from './resolve-setting.ts';
import { readSettingsFiles } from './settings-files.ts';
import { unknownVariables } from './unknown-variables.ts';

/** What the loader has to know about a connector. */
export interface SettingsOwner<S extends Settings> {
  readonly name: string;
  readonly type: string;
  readonly settings: S;
  readonly maxEntries?: number | undefined;
  readonly foreignVariables?: readonly string[];
  readonly importer?: SettingsImporter;
  importEnvironment?(env: Environment): ForeignEnvironment | undefined;
  validate?(values: CoreValues & ValuesOf<S>): readonly Problem[];
}

export interface LoadOptions {
  readonly env: Environment;
  /** From `--config`. */
  readonly configFile?: string | undefined;
  /** From `--import`: a configuration of another program. */
  readonly importFile?: string | undefined;
  /** Where a YAML file is looked for when none is named; /etc/crowdsec/bouncers but in tests. */
  readonly configFolder?: string | undefined;
}

export interface LoadedSettings<S extends Settings> {
  readonly values: CoreValues & ValuesOf<S>;
  /** Every setting with its value in print and its source. */
  readonly resolved: readonly Resolved[];
  /** The YAML file that counted, if there was one. */
  readonly configFile: string | undefined;
  readonly warnings: readonly string[];
  /** What an imported file says that has no equal here, and that it was imported. */
  readonly notices: readonly string[];
  /** Knows every secret that was read. */
  readonly redactor: Redactor;
}

/**
 * All settings of a connector, the shared ones first.
 * @throws Error when two of them share a name or a variable: a slip of the connector's author.
 */
export function settingsOf<S extends Settings>(owner: SettingsOwner<S>): Settings {
  const core = coreSettingsFor(owner.maxEntries);
  const taken = new Set<string>();
  for (const setting of [...Object.values(core), ...Object.values<Setting>(owner.settings)]) {
    for (const variable of variablesOf(setting)) {
      if (taken.has(variable)) throw new Error(`${owner.name}: ${variable} is declared twice`);
      taken.add(variable);
    }
  }
  const twice = Object.keys(owner.settings).find((name) => name in core);
  if (twice !== undefined)
    throw new Error(`${owner.name}: the settings that all connectors share have a ${twice} already`);
  return { ...core, ...owner.settings };
}

/**
 * Loads the settings: environment, then YAML, then defaults. Contacts nothing.
 * @throws ConfigError with one line for each problem, all of them at once.
 */
export async function loadSettings<S extends Settings>(
  owner: SettingsOwner<S>,
  { env: given, configFile, importFile, configFolder = '/etc/crowdsec/bouncers' }: LoadOptions,
): Promise<LoadedSettings<S>> {
  const foreign = owner.importEnvironment?.(given);
  const env = foreign === undefined ? given : withForeign(foreign, given);
  const settings = settingsOf(owner);
  const redactor = new Redactor();
  const path = configFile ?? (env['CONFIG_FILE']?.trim() || findFile(join(configFolder, `${owner.type}.yaml`)));
  const { yaml, notices } = await readSettingsFiles({
    path,
    importPath: importFile,
    importer: owner.importer,
    keys: yamlKeys(settings, owner.name),
    trees: treeVariables(settings),
    env,
  });
  if (yaml?.isUnread) throw configError(yaml.problems, redactor);
  const problems: Problem[] = [...(yaml?.problems ?? [])];

  const { values: found, rows } = resolveAll(settings, { env, yaml, problems, redactor });
  const values = found as CoreValues & ValuesOf<S>;
  // How settings fit together can be told only when each of them is sound; the key alone is worth telling at once.
  if (problems.length === 0) problems.push(...validateCore(values), ...(owner.validate?.(values) ?? []));
  else
    problems.push(
      ...validateCore(values).filter(
        ({ problem, variable }) => problem === 'is missing' && notBlamed(variable, problems),
      ),
    );
  if (problems.length > 0) throw configError(problems, redactor);

  return {
    values,
    resolved: rows,
    configFile: path ?? importFile,
    warnings: unknownVariables(settings, owner.name, env, owner.foreignVariables ?? []),
    notices: [...(foreign?.notices ?? []), ...notices],
    redactor,
  };
}

/** The values of settings by the names that the code uses, and a row of `config` for each. */
export function resolveAll(
  settings: Settings,
  context: ResolveContext,
): { readonly values: Readonly<Record<string, unknown>>; readonly rows: readonly Resolved[] } {
  const rows = Object.values(settings).map((setting) => resolveSetting(setting, context));
  const values = Object.fromEntries(Object.keys(settings).map((name, index) => [name, rows[index]?.value]));
  return { values, rows };
}

/** Ours count more; one that is empty counts as not given, here as elsewhere. */
function withForeign({ values }: ForeignEnvironment, given: Environment): Environment {
  const own = Object.entries(given).filter(([, text]) => text !== undefined && text.trim() !== '');
  return { ...values, ...Object.fromEntries(own) };
}

function findFile(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

/** False when the variable, or a file or certificate that could stand for it, is already told to be wrong. */
function notBlamed(variable: string, problems: readonly Problem[]): boolean {
  return !problems.some(
    (problem) => problem.variable.startsWith(variable) || problem.variable.startsWith('CROWDSEC_CLIENT_'),
  );
}
