import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fillIn, foreignText } from './foreign-text.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'foreign-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return foreignText({ url: pathToFileURL(path.join(folder, 'module.ts')).href }, `./${name}`);
}

describe('foreignText', () => {
  it('keeps the first words and the indentation of Lua, and no other comment', () => {
    const text = read('a.lua', '-- What it is.\n\nif a then\n  -- why\n  b() -- and this\n\nend\n');
    expect(text).toBe('-- What it is.\nif a then\n  b() -- and this\nend\n');
  });

  it('makes one line of a shell script that does the same', () => {
    const script = [
      '# shellcheck shell=sh',
      'say() {',
      '  # why',
      '  echo "$1; # no comment"',
      '}',
      'for word in a b; do',
      '  case $word in',
      '    a) say "first" ;;',
      '    *) say "second" |',
      '        cat ;;',
      '  esac',
      'done',
      'if true &&',
      '  true',
      'then',
      '  x=$(',
      '    echo one',
      '    echo "two \\"and',
      '      a half\\""',
      '  )',
      '  say "$x" \\',
      '    more',
      'else',
      '  say never',
      'fi',
      '',
    ].join('\n');
    const text = read('a.sh', script);
    expect(text).not.toContain('\n');
    const run = (code: string): string => execFileSync('sh', ['-c', code]).toString().replace(/\s+/g, ' ');
    expect(run(text)).toBe(run(script));
  });

  it('keeps PHP as it is but for comments, and HTML but for comments and indentation', () => {
    expect(read('a.php', '<?php\n// why\n\nif (1) {\n\t// why\n\techo 1;\n}\n')).toBe(
      '<?php\nif (1) {\n\techo 1;\n}\n',
    );
    expect(read('a.html', '<!-- why\n -->\n<p>\n  <b>a</b>\n</p>\n')).toBe('<p>\n<b>a</b>\n</p>\n');
  });

  it('takes no file whose language it does not know', () => {
    expect(() => read('a.py', '')).toThrow('a.py');
  });
});

describe('fillIn', () => {
  const text = read(
    'b.lua',
    'a()\n-- settings: samples\nlocal A = 1 -- one\nlocal B = 2\n-- end of settings\nb(A, B)\n',
  );
  const print = (name: string, value: string) => `local ${name} = ${value}`;

  it('puts settings where the samples were, whatever is in them', () => {
    expect(fillIn(text, { B: '$&', A: '@settings(A)' }, print)).toBe(
      'a()\nlocal B = $&\nlocal A = @settings(A)\nb(A, B)\n',
    );
  });

  it('takes neither more nor fewer than the text wants', () => {
    expect(() => fillIn(text, { A: '1' }, print)).toThrow('wants "A B", not "A"');
    expect(() => fillIn(text, { A: '1', B: '2', C: '3' }, print)).toThrow('not "A B C"');
  });
});
