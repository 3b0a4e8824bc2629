import type { LoadedProgram } from './load-program.ts';

/** One row of `config`. */
export interface ConfigRow {
  readonly variable: string;
  readonly value: string;
  readonly source: string;
}

/** The effective configuration; secrets are `***` already. */
export function configRows(loaded: Pick<LoadedProgram, 'resolved' | 'configFile'>): readonly ConfigRow[] {
  return loaded.resolved.map(({ setting, printed, source }) => ({ variable: setting.env, value: printed, source }));
}

/** The same as a table for people. */
export function printConfig(loaded: Pick<LoadedProgram, 'resolved' | 'configFile'>): string {
  const rows = configRows(loaded);
  const nameWidth = Math.max(...rows.map(({ variable }) => variable.length));
  const valueWidth = Math.min(48, Math.max(...rows.map(({ value }) => value.length)));
  const lines = rows.map(({ variable, value, source }) =>
    [variable.padEnd(nameWidth), value.padEnd(valueWidth), source].join('  '),
  );
  const file = loaded.configFile === undefined ? [] : [`# YAML file: ${loaded.configFile}`];
  return `${[...file, ...lines].join('\n')}\n`;
}
