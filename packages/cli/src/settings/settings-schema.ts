import { coreSettings, type JsonSchema, type Kind, type Settings } from '@bouncer/target';
import type { Program } from '../runtime/program.ts';
import { settingsOf } from './load-settings.ts';
import type { SettingsOwner } from './load-settings.ts';
import { variablesOf, yamlKey } from './names.ts';
import { targetKeys } from './target-settings.ts';

/** JSON schema of the YAML file of a program, for editors. Loads all its kinds. */
export async function programSchema({ type, kinds, preset }: Program): Promise<JsonSchema> {
  const all = preset ? [preset] : await Promise.all(Object.values(kinds).map((load) => load()));
  const roots = all.map((kind) => rootOf(kind));
  const targets = {
    type: ['array', 'null'],
    description: 'several targets in this process',
    items: { anyOf: all.map((kind) => targetSchema(kind, all.length === 1)) },
  };
  const root = Object.assign({}, ...roots, { targets }) as Record<string, JsonSchema>;
  // Groups that several kinds add to (`crowdsec`) hold the keys of all of them.
  for (const name of Object.keys(root)) root[name] = mergedGroup(roots.map((each) => each[name])) ?? root[name] ?? {};
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: `${type}.yaml`, ...closed(root) };
}

/** The keys of the file for the settings of one kind and those that all share. */
function rootOf(owner: SettingsOwner<Settings>): Record<string, JsonSchema> {
  const root: Record<string, JsonSchema> = {};
  const groups = new Map<string, Record<string, JsonSchema>>();
  for (const setting of Object.values(settingsOf(owner))) {
    for (const variable of variablesOf(setting)) {
      const key = yamlKey(variable, owner.name);
      const [group, member] = key.split('.', 2);
      const schema = describe(setting.kind.schema, variable === setting.env ? setting.help : `same as ${setting.env}`);
      if (setting.yaml !== undefined) root[setting.yaml] = describe(setting.kind.schema, setting.help);
      if (group === undefined || member === undefined) {
        root[key] = schema;
        continue;
      }
      const members = groups.get(group) ?? {};
      members[member] = schema;
      groups.set(group, members);
    }
  }
  for (const [name, members] of groups) root[name] = describe(closed(members), `group ${name}`);
  return root;
}

/** One item of `targets:`. */
function targetSchema(kind: Kind, isOnly: boolean): JsonSchema {
  const settings = Object.values({ ...coreSettings, ...kind.settings });
  const properties: Record<string, JsonSchema> = {
    kind: { const: kind.name, description: kind.title },
    name: { type: 'string', description: 'shown in log, page and metrics' },
  };
  for (const [key, variable] of targetKeys(kind)) {
    const found = settings.find((setting) => variablesOf(setting).includes(variable));
    if (found) properties[key] = describe(found.kind.schema, found.help);
  }
  return { ...closed(properties), type: 'object', required: isOnly ? [] : ['kind'] };
}

function mergedGroup(schemas: readonly (JsonSchema | undefined)[]): JsonSchema | undefined {
  const groups = schemas.filter((schema) => schema !== undefined && 'properties' in schema);
  if (groups.length < 2) return undefined;
  return { ...groups[0], properties: Object.assign({}, ...groups.map((group) => group?.['properties'])) as JsonSchema };
}

function describe(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description };
}

/** An object with these keys, their file forms, and no others. */
function closed(properties: Record<string, JsonSchema>): JsonSchema {
  const fileForm = { _file$: { type: 'string', description: 'path of a file that holds the value' } };
  return { type: ['object', 'null'], properties, patternProperties: fileForm, additionalProperties: false };
}
