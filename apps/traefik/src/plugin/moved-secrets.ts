import type { TraefikValues } from '../config.ts';
import { isAtLeast } from '../options/version.ts';
import type { OptionMap, OptionValue } from '../options/finding.ts';
import { pluginOption } from '../options/option-table.ts';
import { effectiveOptions, secretName } from './plugin-options.ts';
import { configDirOf } from './seen-from-traefik.ts';
import { isReference } from '../options/value-rules.ts';

/** A secret that was given as the value of an option. */
export interface MovedSecret {
  readonly option: string;
  readonly text: string;
}

/** Secrets among the options, which go to files of their own: no configuration that we write or serve holds one. */
export function movedSecrets(values: TraefikValues): readonly MovedSecret[] {
  const moved: MovedSecret[] = [];
  for (const [option, value] of Object.entries(effectiveOptions(values))) {
    if (isMoved(option, value, values)) moved.push({ option, text: String(value).trim() });
  }
  return moved;
}

/** The options as they are written: secrets by the file or the Kubernetes Secret that holds them. */
export function writtenOptions(values: TraefikValues): OptionMap {
  const pairs = Object.entries(effectiveOptions(values)).map(([option, value]): [string, OptionValue] => {
    if (!isMoved(option, value, values)) return [option, value];
    if (values.format === 'kubernetes') return [option, `urn:k8s:secret:${secretName(values)}:${option}`];
    return [`${option}File`, `${configDirOf(values)}/${values.middleware}${movedFile(option)}`];
  });
  return Object.fromEntries(pairs);
}

/** What the name of its file ends in. */
export function movedFile(option: string): string {
  return `-${option}.secret`;
}

function isMoved(option: string, value: OptionValue, { pluginVersion }: TraefikValues): boolean {
  const known = pluginOption(option);
  const twin = pluginOption(`${option}File`);
  if (known?.secret !== true || twin === undefined || typeof value !== 'string' || isReference(value)) return false;
  return value.trim() !== '' && isAtLeast(pluginVersion, twin.since);
}
