import path from 'node:path';
import { parseConfiguration } from './parse-configuration.ts';
import type { Directive } from './parse-configuration.ts';

/** What `nginx -T` prints, as one tree: includes are in place. */
export interface ConfigurationTree {
  readonly directives: readonly Directive[];
  /** Names of all files. */
  readonly files: readonly string[];
}

/** Includes in includes; NGINX itself has no limit but memory. */
const MAX_DEPTH = 30;

/** Reads what `nginx -T` prints. */
export function configurationTree(dump: string): ConfigurationTree {
  const parts = dump.split(/^# configuration file (.+):$/m);
  const files = new Map<string, readonly Directive[]>();
  for (let index = 1; index < parts.length; index += 2) {
    const name = parts[index] ?? '';
    files.set(name, parseConfiguration(parts[index + 1] ?? '', name));
  }
  const [main = '/'] = files.keys();
  const expand = (directives: readonly Directive[], depth: number): Directive[] =>
    directives.flatMap((directive) => {
      const { name, parameters, block } = directive;
      if (name === 'include' && depth < MAX_DEPTH) {
        const matches = matcher(path.resolve(path.dirname(main), parameters[0] ?? ''));
        return [...files].flatMap(([file, inner]) => (matches(file) ? expand(inner, depth + 1) : []));
      }
      return [block ? { ...directive, block: expand(block, depth) } : directive];
    });
  return { directives: expand(files.get(main) ?? [], 0), files: [...files.keys()] };
}

/** As the C library's glob: a star ends at a slash. */
function matcher(pattern: string): (file: string) => boolean {
  if (!/[*?[]/.test(pattern)) return (file) => file === pattern;
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('[!', '[^')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  try {
    const expression = new RegExp(`^${source}$`);
    return (file) => expression.test(file);
  } catch {
    return () => false;
  }
}

/** All directives of these names, however deep. */
export function allOf(directives: readonly Directive[], names: RegExp): Directive[] {
  return directives.flatMap((directive) => [
    ...(names.test(directive.name) ? [directive] : []),
    ...(directive.block ? allOf(directive.block, names) : []),
  ]);
}
