import type { JsonSchema, Settings } from '@bouncer/target';
import { settingsOf } from './load-settings.ts';
import type { SettingsOwner } from './load-settings.ts';
import { variablesOf, yamlKey } from './names.ts';

/** JSON schema of the YAML file of a connector, for editors. */
export function settingsSchema(owner: SettingsOwner<Settings>): JsonSchema {
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
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: `${owner.type}.yaml`, ...closed(root) };
}

function describe(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description };
}

/** An object with these keys, their file forms, and no others. */
function closed(properties: Record<string, JsonSchema>): JsonSchema {
  const fileForm = { _file$: { type: 'string', description: 'path of a file that holds the value' } };
  return { type: ['object', 'null'], properties, patternProperties: fileForm, additionalProperties: false };
}
