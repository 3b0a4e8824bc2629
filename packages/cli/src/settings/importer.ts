import type { ForeignGroup, ForeignNode, SettingsImporter } from '@bouncer/target';
import { readFileSync } from 'node:fs';
import type { Document } from 'yaml';
import type { Environment } from './candidates.ts';
import { fileProblem, type Problem } from '@bouncer/target';
import type { YamlFile, YamlValue } from './yaml-file.ts';

/** A foreign file, translated. */
export interface ImportedFile {
  readonly yaml: YamlFile;
  readonly warnings: readonly string[];
}

/**
 * Reads a foreign file; undefined when it is not one and `always` does not say that it must be. As the Go bouncers do,
 * a file of the same name with `.local` behind it is laid over it, and `${NAME}` stands for the variable of that name.
 */
export async function importFile(
  importer: SettingsImporter,
  path: string,
  env: Environment,
  always: boolean,
): Promise<ImportedFile | undefined> {
  const problems: Problem[] = [];
  const main = await readForeign(path, env, problems);
  if (!always && !(main && importer.recognises(main.content))) return undefined;
  const local = await readForeign(`${path}.local`, env, []);
  const content = local ? merged(main?.content ?? {}, local.content) : (main?.content ?? {});
  if (problems.length === 0 && !importer.recognises(content)) {
    problems.push({ variable: path, problem: `does not look like ${importer.title}` });
  }
  if (problems.length > 0) return { yaml: { path, values: new Map(), problems }, warnings: [] };
  const { values, warnings } = importer.translate(content);
  const texts = [...values].map(([variable, { key, text }]): [string, YamlValue] => {
    const line = local?.lineOf(key) ?? main?.lineOf(key) ?? 1;
    return [variable, { key, text, line }];
  });
  return { yaml: { path, values: new Map(texts), problems }, warnings };
}

interface ForeignFile {
  readonly content: ForeignGroup;
  lineOf(key: string): number | undefined;
}

async function readForeign(path: string, env: Environment, problems: Problem[]): Promise<ForeignFile | undefined> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    problems.push({ variable: path, problem: fileProblem(path, error) });
    return undefined;
  }
  const { isNode, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  let document: Document.Parsed;
  let content: unknown;
  try {
    document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    // An alias may bite its own tail: then this never ends, but for the stack.
    content = document.errors.length > 0 ? undefined : expanded(document.toJS() as ForeignNode, env);
  } catch {
    problems.push({ variable: path, problem: 'is nested too deeply, or has more aliases than a settings file has' });
    return undefined;
  }
  const [error] = document.errors;
  if (content === null || typeof content !== 'object' || Array.isArray(content)) {
    const line = error ? lines.linePos(error.pos[0]).line : 1;
    problems.push({ variable: `${path}:${line}`, problem: 'is not a YAML file of keys and values' });
    return undefined;
  }
  return {
    content: content as ForeignGroup,
    lineOf(key) {
      const node: unknown = document.getIn(key.split('.'), true);
      return isNode(node) && node.range ? lines.linePos(node.range[0]).line : undefined;
    },
  };
}

function expanded(node: ForeignNode | null, env: Environment): ForeignNode {
  if (node === null) return '';
  if (typeof node === 'string') return node.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => env[name] ?? whole);
  if (Array.isArray(node)) return node.map((each: ForeignNode) => expanded(each, env));
  return Object.fromEntries(Object.entries(node as ForeignGroup).map(([key, each]) => [key, expanded(each, env)]));
}

function merged(base: ForeignGroup, over: ForeignGroup): ForeignGroup {
  const result: Record<string, ForeignNode> = { ...base };
  for (const [key, node] of Object.entries(over)) {
    const below = result[key];
    result[key] = isGroup(below) && isGroup(node) ? merged(below, node) : node;
  }
  return result;
}

function isGroup(node: ForeignNode | undefined): node is ForeignGroup {
  return typeof node === 'object' && !Array.isArray(node);
}
