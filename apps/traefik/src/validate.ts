import type { Problem } from '@bouncer/connector';
import { unprintable, type TraefikValues } from './config.ts';
import { nativeLimit } from './native/limit.ts';
import { effectiveOptions } from './plugin/plugin-options.ts';
import { writtenOptions } from './plugin/moved-secrets.ts';
import { lineFindings, templateFindings } from './plugin/template-rules.ts';
import { validateOptions } from './plugin/validate.ts';

/** How the settings fit together, and with those who are told of them. */
export function validateTraefik(values: TraefikValues): readonly Problem[] {
  return [...unprintable(values), ...problemsOfMode(values)];
}

function problemsOfMode(values: TraefikValues): readonly Problem[] {
  switch (values.mode) {
    case 'plugin':
      return pluginProblems(values);
    case 'forwardauth':
      return [...pluginOptionsElsewhere(values), ...forwardAuthProblems(values)];
    case 'native':
      return [...pluginOptionsElsewhere(values), ...nativeProblems(values)];
  }
}

function pluginProblems(values: TraefikValues): readonly Problem[] {
  const options = effectiveOptions(values);
  const findings = [
    ...validateOptions(options, values.pluginVersion),
    ...templateFindings(options, values.format),
    ...lineFindings(writtenOptions(values), values.format),
  ];
  return findings
    .filter(({ level }) => level !== 'advice')
    .map(({ seen, fix }) => ({ variable: 'TRAEFIK_PLUGIN', problem: `${seen}; ${fix}` }));
}

function pluginOptionsElsewhere({ plugin, mode }: TraefikValues): readonly Problem[] {
  if (Object.keys(plugin).length === 0) return [];
  return [{ variable: 'TRAEFIK_PLUGIN', problem: `is for the plugin, and TRAEFIK_MODE is ${mode}` }];
}

function forwardAuthProblems({ listen }: TraefikValues): readonly Problem[] {
  if (listen !== 'off') return [];
  return [{ variable: 'TRAEFIK_LISTEN', problem: 'is off, and forwardauth has to answer somewhere' }];
}

function nativeProblems(values: TraefikValues): readonly Problem[] {
  const { format, maxEntries } = values;
  const limit = nativeLimit(values);
  const problems: Problem[] = [];
  if (format !== 'yaml' && format !== 'toml') {
    const problem = `${format} does not change while Traefik runs; native mode needs files or the HTTP provider`;
    problems.push({ variable: 'TRAEFIK_FORMAT', problem, accepted: 'yaml, toml' });
  }
  if (maxEntries !== undefined && maxEntries > limit) {
    const problem = `${maxEntries} is too much for native rules: Traefik goes through all of them for every request; use TRAEFIK_MODE=forwardauth for long lists`;
    problems.push({ variable: 'MAX_ENTRIES', problem, accepted: `1 to ${limit}` });
  }
  return problems;
}
