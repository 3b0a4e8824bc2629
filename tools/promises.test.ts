import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8').replaceAll(/\s+/g, ' ');
const security = readFileSync(path.join(root, 'SECURITY.md'), 'utf8');

/** The rows of a table below a heading, header and rule left out; cells trimmed. */
function rowsBelow(heading: string): string[][] {
  const section = security.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('SECURITY.md', () => {
  it('names only tests that exist, and one at least in every row', () => {
    for (const heading of ['Who may do what', 'The least that each device', 'Which test keeps which promise']) {
      const rows = rowsBelow(heading);
      expect(rows.length).toBeGreaterThan(3);
      for (const row of rows) {
        const named = [...(row.at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
        expect([row[0], named.length > 0]).toEqual([row[0], true]);
        expect(named.filter((name) => !name.endsWith('.test.ts') || !existsSync(path.join(root, name)))).toEqual([]);
      }
    }
  });

  it('speaks of promises that the README makes, in its words', () => {
    const readme = read('README.md');
    const missing = rowsBelow('Which test keeps which promise')
      .map(([promise = '']) => promise)
      .filter((promise) => !readme.includes(promise));
    expect(missing).toEqual([]);
  });

  it('has a row for every bullet of how it behaves', () => {
    const behaves = read('README.md').split('## How it behaves')[1]?.split('<!--')[0] ?? '';
    const bullets = behaves.split(' - ').slice(1);
    const promises = rowsBelow('Which test keeps which promise').map(([promise = '']) => promise);
    expect(bullets.length).toBeGreaterThan(3);
    expect(bullets.filter((bullet) => !promises.some((promise) => bullet.includes(promise)))).toEqual([]);
  });
});

describe('the documents', () => {
  it.each([...globSync('docs/*.md', { cwd: root }), 'CONTRIBUTING.md', 'README.md'])(
    '%s names only files that exist',
    (name) => {
      const text = readFileSync(path.join(root, name), 'utf8');
      const named = [...text.matchAll(/\b(?:apps|packages|tools)\/[\w./-]+\.(?:tsx?|lua|sh|php|html)\b/g)].map(
        ([file]) => file,
      );
      expect(named.filter((file) => !file.includes('/NAME/') && !existsSync(path.join(root, file)))).toEqual([]);
    },
  );
});

describe('docs/green-means-blocked.md', () => {
  it('says of each state what shows it and which test holds it', () => {
    const text = readFileSync(path.join(root, 'docs/green-means-blocked.md'), 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('|') && !/^\| (state|-)/.test(line));
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) {
      const cells = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      expect([row, cells.length, cells.includes('')]).toEqual([row, 3, false]);
      const named = [...(cells[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
      expect([row, named.length > 0]).toEqual([row, true]);
      expect(named.filter((name) => !name.endsWith('.test.ts') || !existsSync(path.join(root, name)))).toEqual([]);
    }
  });
});
