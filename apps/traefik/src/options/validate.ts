import type { Version } from './version.ts';
import type { Finding, OptionMap } from './finding.ts';
import { pluginOption } from './option-table.ts';
import { checkTogether } from './rules.ts';
import { TypedOptions } from './typed-options.ts';
import { checkOption } from './value-rules.ts';

/**
 * What is wrong with the options of one middleware, for one version of the plugin: its own rules, and the traps that it
 * does not see. Pure; files that options name are not looked at, since they lie on Traefik's side.
 */
export function validateOptions(options: OptionMap, version: Version): readonly Finding[] {
  const findings: Finding[] = [];
  const names = new Set<string>();
  for (const [name, value] of Object.entries(options)) {
    findings.push(...checkOption(name, value, version));
    const canonical = pluginOption(name)?.name ?? name;
    if (names.has(canonical)) {
      const seen = `${canonical} is given twice, in different case`;
      findings.push({ level: 'trap', rule: 'given-twice', seen, fix: 'leave one of them out' });
    }
    names.add(canonical);
  }
  return [...findings, ...checkTogether(new TypedOptions(options), version)];
}
