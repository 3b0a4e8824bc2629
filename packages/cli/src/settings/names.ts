import type { Setting, Settings } from '@bouncer/target';

/** The variable prefixes that are ours in a connector: `CROWDSEC_` and its own; without a name, what all kinds share. */
export function ownPrefixes(connector: string): readonly string[] {
  return connector === '' ? ['CROWDSEC_'] : ['CROWDSEC_', `${connector.toUpperCase()}_`];
}

/** All variables that set the same thing, the main one first. Each of them may also be given as `<name>_FILE`. */
export function variablesOf(setting: Setting): readonly string[] {
  return [setting.env, ...(setting.aliases ?? [])];
}

/** The YAML key of a variable: `MIKROTIK_TLS_INSECURE` is `mikrotik.tls_insecure`, `LOG_LEVEL` is `log_level`. */
export function yamlKey(variable: string, connector: string): string {
  const group = ownPrefixes(connector).find((prefix) => variable.startsWith(prefix));
  if (group === undefined) return variable.toLowerCase();
  return `${group.slice(0, -1)}.${variable.slice(group.length)}`.toLowerCase();
}

/** The variables whose YAML value may be a tree. */
export function treeVariables(settings: Settings): ReadonlySet<string> {
  const trees = Object.values(settings).filter(({ kind }) => kind.tree === true);
  return new Set(trees.flatMap(variablesOf));
}

/** Every YAML key that is understood, with the variable it stands for. */
export function yamlKeys(settings: Settings, connector: string): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const setting of Object.values(settings)) {
    for (const variable of variablesOf(setting)) {
      keys.set(yamlKey(variable, connector), variable);
      keys.set(yamlKey(`${variable}_FILE`, connector), `${variable}_FILE`);
    }
  }
  // A setting whose own name ends in _FILE wins over the file form of another one.
  for (const setting of Object.values(settings)) {
    if (setting.yaml !== undefined) keys.set(setting.yaml, setting.env);
    for (const variable of variablesOf(setting)) keys.set(yamlKey(variable, connector), variable);
  }
  return keys;
}
