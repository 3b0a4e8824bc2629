import { shown, type SettingType } from '@bouncer/target';
import type { OptionMap, OptionValue } from './options/finding.ts';
import { isAtLeast, parseVersion } from './options/version.ts';
import type { Version } from './options/version.ts';

/** A version from `least` on. Value: its numbers. */
export function versionKind(accepted: string, min: Version): SettingType<Version> {
  return {
    accepted,
    schema: { type: ['string', 'number'] },
    parse(text) {
      const version = parseVersion(text);
      if (!version) return { problem: `${shown(text)} is no version` };
      return isAtLeast(version, min) ? { value: version } : { problem: `${shown(text)} is too old` };
    },
    print: (version) => version.join('.'),
  };
}

/** Plugin options: a JSON object of texts and lists of texts. Prints the names only, since some values are secrets. */
export const optionsKind: SettingType<OptionMap> = {
  accepted: 'options of the plugin: {"updateMaxFailure": "5"}',
  schema: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'array'] } },
  tree: true,
  parse(text) {
    let tree: unknown;
    try {
      tree = JSON.parse(text);
    } catch {
      return { problem: 'is no JSON object' };
    }
    if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return { problem: 'is no JSON object' };
    const options: Record<string, OptionValue> = {};
    for (const [name, value] of Object.entries(tree as Record<string, unknown>)) {
      const parsed = optionValue(value);
      if (parsed === undefined) return { problem: `holds a group under ${shown(name)}; a value or a list is accepted` };
      if (parsed !== '') options[name] = parsed;
    }
    return { value: options };
  },
  print: (options) => Object.keys(options).join(' '),
};

function optionValue(value: unknown): OptionValue | undefined {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) {
    const items = value.map((item) => scalar(item));
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  return scalar(value);
}

function scalar(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
