import { readFileSync } from 'node:fs';
import { fileProblem, type Problem, type Setting } from '@bouncer/target';
import { variablesOf } from './names.ts';
import type { YamlFile } from './yaml-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A text that somebody gave for a setting. */
export interface Candidate {
  /** The variable to blame for it: `MIKROTIK_PASSWORD`, or `MIKROTIK_PASSWORD_FILE`. */
  readonly variable: string;
  /** `environment MIKROTIK_HOST`, `file MIKROTIK_PASSWORD_FILE`, `yaml mikrotik.host`. */
  readonly source: string;
  /** Line in the YAML file. */
  readonly line?: number;
  readonly text: string;
  /** Reads the file again; undefined when it gives nothing usable. Only for texts out of a file of their own. */
  readonly reread?: () => string | undefined;
}

/** What was given for one setting on the highest level that gives anything; all names of it count. */
export function candidatesFor(
  setting: Setting,
  env: Environment,
  yaml: YamlFile | undefined,
  problems: Problem[],
): readonly Candidate[] {
  const fromEnvironment: Candidate[] = [];
  const fromYaml: Candidate[] = [];
  for (const variable of variablesOf(setting)) {
    const text = env[variable];
    if (text !== undefined && text.trim() !== '') {
      // A blank inside a password may be meant, a line break at its end never is.
      const trimmed = setting.secret ? text.replace(/[\r\n]+$/, '') : text.trim();
      fromEnvironment.push({ variable, source: `environment ${variable}`, text: trimmed });
    }
    const path = env[`${variable}_FILE`]?.trim();
    if (path !== undefined && path !== '')
      addFile(fromEnvironment, `${variable}_FILE`, `file ${variable}_FILE`, path, problems);

    const value = yaml?.values.get(variable);
    if (value) {
      fromYaml.push({
        variable,
        source: `yaml ${value.key}`,
        line: value.line,
        text: setting.secret ? value.text : value.text.trim(),
      });
    }
    const valuePath = yaml?.values.get(`${variable}_FILE`);
    if (valuePath) addFile(fromYaml, `${variable}_FILE`, `file ${valuePath.key}`, valuePath.text.trim(), problems);
  }
  return fromEnvironment.length > 0 ? fromEnvironment : fromYaml;
}

function addFile(list: Candidate[], variable: string, source: string, path: string, problems: Problem[]): void {
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (text === '') {
      problems.push({ variable, problem: `${path} is empty` });
      return;
    }
    list.push({ variable, source, text, reread: () => readAgain(path) });
  } catch (error) {
    problems.push({ variable, problem: fileProblem(path, error) });
  }
}

function readAgain(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    // It may be in the middle of being replaced: the old value stays until there is a new one.
    return undefined;
  }
}
