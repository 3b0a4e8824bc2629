import { candidatesFor } from './candidates.ts';
import type { Candidate, Environment } from './candidates.ts';
import { Secret, type SettingType, type Problem, type Setting } from '@bouncer/target';
import type { Redactor } from './redactor.ts';
import type { YamlFile } from './yaml-file.ts';

/** A setting with the value that counts. */
export interface Resolved {
  readonly setting: Setting;
  readonly value: unknown;
  /** As `config` prints it; `-` when not set, `***` for a secret. */
  readonly printed: string;
  /** `environment X`, `file X_FILE`, `yaml key`, `default`. */
  readonly source: string;
}

export interface ResolveContext {
  readonly env: Environment;
  readonly yaml: YamlFile | undefined;
  readonly problems: Problem[];
  readonly redactor: Redactor;
}

/** Finds, checks and parses the value of one setting. What is wrong goes into `context.problems`; then the value is undefined. */
export function resolveSetting(setting: Setting, context: ResolveContext): Resolved {
  const before = context.problems.length;
  const candidates = candidatesFor(setting, context.env, context.yaml, context.problems);
  for (const { text } of candidates) {
    for (const secret of setting.secret ? [text] : (setting.kind.secretsIn?.(text) ?? [])) context.redactor.add(secret);
  }

  const [chosen] = candidates;
  if (chosen === undefined) {
    if (setting.required === true && context.problems.length === before) {
      context.problems.push({ variable: setting.env, problem: 'is missing', accepted: setting.kind.accepted });
    }
    return byDefault(setting);
  }
  const values = candidates.map((candidate) => parseCandidate(setting, candidate, context.problems));
  const value = values[0];
  if (context.problems.length > before) return { setting, value: undefined, printed: '-', source: chosen.source };
  // Only what is sound is printed: a password in the wrong place seldom is.
  if (!setting.secret) for (const { text } of candidates) context.redactor.know(text);
  const different = values.findIndex((other) => comparable(setting, other) !== comparable(setting, value));
  const other = candidates[different];
  if (other !== undefined) {
    context.problems.push({
      variable: chosen.variable,
      problem: `and ${other.variable} are two names for one thing and differ`,
      accepted: 'one of them',
    });
  }
  return {
    setting,
    value: wrapped(setting, chosen, value, context),
    printed: printValue(setting, value),
    source: chosen.source,
  };
}

function byDefault(setting: Setting): Resolved {
  if (setting.default === undefined) return { setting, value: undefined, printed: '-', source: 'default' };
  const parsed = setting.kind.parse(String(setting.default));
  if ('problem' in parsed) throw new Error(`default of ${setting.env}: ${parsed.problem}`);
  const value = setting.secret ? new Secret(String(setting.default)) : parsed.value;
  return { setting, value, printed: printValue(setting, parsed.value), source: 'default' };
}

function parseCandidate(setting: Setting, { variable, source, line, text }: Candidate, problems: Problem[]): unknown {
  const from = line === undefined ? {} : { from: `${source}, line ${line}` };
  const name = line === undefined ? variable : setting.env;
  const { accepted } = setting.kind;
  if (text.includes('${')) {
    problems.push({ variable: name, ...from, problem: 'holds a ${...} that was not filled in', accepted });
    return undefined;
  }
  const parsed = setting.kind.parse(text);
  if ('problem' in parsed) {
    const problem = isQuoted(setting, text) ? 'is in quotes, which count as part of it: take them off' : parsed.problem;
    problems.push({ variable: name, ...from, problem, accepted });
    return undefined;
  }
  return parsed.value;
}

/** True for a value that would be sound without the quotes that an env file of Docker's, or a shell, has left around it. */
function isQuoted({ kind }: Setting, text: string): boolean {
  const quote = text[0];
  if (text.length < 3 || (quote !== '"' && quote !== "'") || !text.endsWith(quote)) return false;
  return !('problem' in kind.parse(text.slice(1, -1)));
}

function wrapped(setting: Setting, { text, reread }: Candidate, value: unknown, { redactor }: ResolveContext): unknown {
  if (!setting.secret) return value;
  if (reread === undefined) return new Secret(text);
  return new Secret(text, () => {
    const again = reread();
    if (again === undefined || 'problem' in setting.kind.parse(again)) return undefined;
    redactor.add(again);
    return again;
  });
}

function comparable(setting: Setting, value: unknown): string {
  return setting.secret ? String(value) : print(setting, value);
}

function printValue(setting: Setting, value: unknown): string {
  if (setting.secret) return '***';
  const text = print(setting, value);
  return text === '' ? '-' : text;
}

function print(setting: Setting, value: unknown): string {
  // The kind printed here is the kind that made the value.
  return (setting.kind as unknown as SettingType<unknown>).print(value);
}
