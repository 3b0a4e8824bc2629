import {
  coreSettings,
  nearest,
  printable,
  setting,
  type CoreValues,
  type Kind,
  type Problem,
  type Setting,
  type Settings,
  type ValuesOf,
} from '@bouncer/target';
import type { Environment } from './candidates.ts';
import { treeVariables, variablesOf, yamlKey, yamlKeys } from './names.ts';
import type { Redactor } from './redactor.ts';
import { resolveSetting } from './resolve-setting.ts';
import type { Resolved } from './resolve-setting.ts';
import type { YamlFile, YamlTarget, YamlValue } from './yaml-file.ts';

/** The values that one target works with. */
export type TargetValues = CoreValues & ValuesOf<Settings>;

/** One target, or several devices that share one set of settings. */
export interface LoadedTarget {
  readonly kind: Kind;
  /** Undefined where the targets name themselves: an image of one kind without `targets:`. */
  readonly name: string | undefined;
  /** `targets[1]`, where it stands in a list. */
  readonly place: string | undefined;
  readonly values: TargetValues;
}

/** What a target may have of its own although all have it. The allowlist is added to the global one. */
const OVERRIDES = {
  maxEntries: coreSettings.maxEntries,
  decisionTypes: coreSettings.decisionTypes,
  dryRun: coreSettings.dryRun,
  allowlist: coreSettings.allowlist,
} satisfies Settings;

const OVERRIDE_KEYS: Readonly<Record<keyof typeof OVERRIDES, string>> = {
  maxEntries: 'max_entries',
  decisionTypes: 'decision_types',
  dryRun: 'dry_run',
  allowlist: 'allowlist',
};

/** What names a target in logs, metrics and on the page. */
export const targetName = setting.text({
  env: 'name',
  pattern: /^[A-Za-z0-9](?:[\w .:@/()[\]-]{0,62}[\w.)\]-])?$/,
  accepted: 'up to 64 letters, digits, blanks and ._-:@/()[]',
  help: 'shown in log, page and metrics; default: the kind, numbered when there are several',
});

/** Where a target is loaded from, and what all targets share. */
export interface TargetContext {
  readonly env: Environment;
  readonly yaml: YamlFile | undefined;
  readonly core: CoreValues;
  readonly redactor: Redactor;
}

/** Whether a setting belongs to one kind alone; others (CAPTCHA_PROVIDER) may be given for the whole process as well. */
export function isOwn({ env }: Setting, kind: Kind): boolean {
  return env.startsWith(`${kind.name.toUpperCase()}_`);
}

/** Every key of a target of this kind, with the variable it stands for. */
export function targetKeys(kind: Kind): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const group = /^(crowdsec|[^.]+)\./;
  for (const [key, variable] of yamlKeys(kind.settings, kind.name)) keys.set(key.replace(group, ''), variable);
  // Without its group a key may be that of another program's variable, which is an alias: the setting's own wins.
  for (const { env } of Object.values<Setting>(kind.settings))
    keys.set(yamlKey(env, kind.name).replace(group, ''), env);
  for (const name of Object.keys(OVERRIDES) as (keyof typeof OVERRIDES)[]) {
    for (const form of ['', '_file']) {
      keys.set(`${OVERRIDE_KEYS[name]}${form}`, `${OVERRIDES[name].env}${form.toUpperCase()}`);
    }
  }
  return keys;
}

/** One item of `targets:` as values, with a row of `config` for each setting. What is wrong goes into `problems`. */
export function resolveTarget(
  kind: Kind,
  item: YamlTarget,
  place: string,
  context: TargetContext,
  problems: Problem[],
): { readonly values: TargetValues; readonly rows: readonly Resolved[] } {
  const keys = targetKeys(kind);
  const own = new Map<string, YamlValue>();
  const told: Problem[] = [];
  for (const entry of item.entries) {
    const { key, line } = entry;
    if (key === 'kind' || key === 'name') continue;
    const variable = keys.get(key);
    if (variable === undefined) {
      const guess = nearest(key, ['kind', 'name', ...keys.keys()]);
      const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
      problems.push({ variable: `${place}.${printable(key)}`, from: `line ${line}`, problem: `unknown key${hint}` });
      continue;
    }
    const value = entry.text(treeVariables(kind.settings).has(variable));
    if (value !== undefined) own.set(variable, { key: `${place}.${key}`, text: value, line });
  }
  const before = problems.length;
  const yaml: YamlFile = { path: context.yaml?.path ?? '', values: own, problems: [] };
  const isGiven = (each: Setting): boolean =>
    variablesOf(each).some((variable) => own.has(variable) || own.has(`${variable}_FILE`));
  const resolve = (each: Setting, isForAll: boolean): Resolved => {
    const from = isForAll && !isGiven(each) ? context : { env: {}, yaml };
    return resolveSetting(each, { env: from.env, yaml: from.yaml, problems: told, redactor: context.redactor });
  };
  const rows: Resolved[] = [];
  const keyOf = new Map([...keys].reverse().map(([key, variable]) => [variable, key]));
  const settings = Object.entries(kind.settings).map(([name, each]) => {
    const resolved = resolve(each, !isOwn(each, kind));
    rows.push({ ...resolved, setting: { ...each, env: `${place}.${keyOf.get(each.env) ?? each.env}` } });
    return [name, resolved.value] as const;
  });
  const values = {
    ...context.core,
    maxEntries: context.core.maxEntries ?? kind.maxEntries,
    ...Object.fromEntries(settings),
    ...overrides(isGiven, (each) => resolve(each, false), rows, place, context.core),
  } as TargetValues;
  if (told.length === 0 && problems.length === before) told.push(...(kind.validate?.(values) ?? []));
  problems.push(...told.map((problem) => placed(problem, { keyOf, own, place, line: item.line })));
  return { values, rows };
}

function overrides(
  isGiven: (setting: Setting) => boolean,
  resolve: (setting: Setting) => Resolved,
  rows: Resolved[],
  place: string,
  core: CoreValues,
): Partial<CoreValues> {
  const values: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(OVERRIDES)) {
    if (!isGiven(each)) continue;
    const resolved = resolve(each);
    const key = OVERRIDE_KEYS[name as keyof typeof OVERRIDES];
    rows.push({ ...resolved, setting: { ...each, env: `${place}.${key}` } });
    const isList = name === 'allowlist' && Array.isArray(resolved.value);
    values[name] = isList ? [...core.allowlist, ...(resolved.value as readonly unknown[])] : resolved.value;
  }
  return values;
}

interface Place {
  readonly keyOf: ReadonlyMap<string, string>;
  readonly own: ReadonlyMap<string, YamlValue>;
  readonly place: string;
  readonly line: number;
}

/** A problem in the words of the list: `targets[1].host (line 14)` for what the environment would call MIKROTIK_HOST. */
function placed({ variable, problem, accepted }: Problem, { keyOf, own, place, line }: Place): Problem {
  const inKeys = (text: string): string => text.replaceAll(/\b[A-Z][A-Z0-9_]+\b/g, (word) => keyOf.get(word) ?? word);
  const given = own.get(variable) ?? own.get(`${variable}_FILE`);
  const key = keyOf.get(variable);
  return {
    variable: given?.key ?? (key === undefined ? `${place}: ${variable}` : `${place}.${key}`),
    from: `line ${given?.line ?? line}`,
    problem: inKeys(problem),
    ...(accepted !== undefined && { accepted: inKeys(accepted) }),
  };
}
