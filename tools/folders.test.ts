import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

/** Which folder takes values from which, with the line that says so. Types do not count: nothing of them is left to load. */
type Uses = ReadonlyMap<string, ReadonlyMap<string, string>>;

function usesOf(files: readonly string[], read: (file: string) => string): Uses {
  const uses = new Map<string, Map<string, string>>();
  for (const file of files) {
    for (const specifier of valueImports(file, read(file))) {
      const from = path.dirname(file);
      const to = path.join(from, specifier);
      if (path.dirname(to) === from) continue;
      const known = uses.get(from) ?? new Map<string, string>();
      uses.set(from, known.set(path.dirname(to), `${file} takes ${to}`));
    }
  }
  return uses;
}

/** Relative imports and re-exports of values; a dynamic one puts off the loading, and counts too. */
function valueImports(file: string, text: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier?.startsWith('.') === true) found.push(specifier);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found;
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node)) return isTypes(node.importClause) ? undefined : textOf(node.moduleSpecifier);
  if (ts.isExportDeclaration(node)) return node.isTypeOnly ? undefined : textOf(node.moduleSpecifier);
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined;
  return textOf(node.arguments[0]);
}

function isTypes(clause: ts.ImportClause | undefined): boolean {
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteral(node) ? node.text : undefined;
}

/** The lines of each cycle that a walk from any folder meets; none when there is none. */
function cyclesIn(uses: Uses): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (folder: string, way: readonly string[], lines: readonly string[]): void => {
    const met = way.indexOf(folder);
    if (met !== -1) cycles.push(lines.slice(met));
    if (met !== -1 || done.has(folder)) return;
    for (const [next, line] of uses.get(folder) ?? []) visit(next, [...way, folder], [...lines, line]);
    done.add(folder);
  };
  for (const folder of uses.keys()) visit(folder, [], []);
  return cycles;
}

describe('folders', () => {
  it('use each other in one direction: no cycle', () => {
    const sources = globSync(['packages/*/src/**/*.{ts,tsx}', 'apps/*/src/**/*.ts', 'tools/template/src/**/*.ts'], {
      cwd: root,
      exclude: ['**/*.test.ts', '**/node_modules/**'],
    });
    expect(sources.length).toBeGreaterThan(400);
    expect(cyclesIn(usesOf(sources, (file) => readFileSync(path.join(root, file), 'utf8')))).toEqual([]);
  });

  it.each([
    ["import { a } from '../a.ts';", 1],
    ["export { a } from '../a.ts';", 1],
    ["const a = await import('../a.ts');", 1],
    ["import type { A } from '../a.ts';", 0],
  ])('make one with %s: %d', (line, cycles) => {
    const texts: Readonly<Record<string, string>> = {
      'src/a.ts': "import { b } from './room/b.ts';",
      'src/room/b.ts': line,
    };
    const found = cyclesIn(usesOf(Object.keys(texts), (file) => texts[file] ?? ''));
    expect(found).toHaveLength(cycles);
    if (cycles > 0) expect(found).toEqual([['src/a.ts takes src/room/b.ts', 'src/room/b.ts takes src/a.ts']]);
  });
});
