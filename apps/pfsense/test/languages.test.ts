import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { programMissing } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { phpSnippet } from '../src/php-snippet.ts';
import { helperCommand, helperScript } from '../src/ssh/helper.ts';

const source = path.resolve(import.meta.dirname, '../src');
const noShellcheck = await programMissing('shellcheck', 'shellcheck', ['--version']);
const noPhp = await programMissing('php', 'php-cli', ['-v']);
const options = [true, false].map((file) => ({ alias: 'crowdsec_blacklists', file }));

describe.skipIf(noShellcheck !== undefined)(`shellcheck (${noShellcheck ?? 'ready'})`, () => {
  // FreeBSD's sh is an ash; "sh" is POSIX and nothing else, which is narrower still.
  it('finds nothing in the helper', () => {
    const { status, stdout } = spawnSync('shellcheck', ['-s', 'sh', path.join(source, 'ssh/helper.sh')]);
    expect([stdout.toString(), status]).toEqual(['', 0]);
  });

  it.each(options)('finds nothing in what is sent (file: $file)', (settings) => {
    // The two exceptions that helper.sh names where they are, and what is known only once it is on one line.
    const flags = ['-s', 'sh', '-S', 'warning', '-e', 'SC2086,SC2010', '-'];
    const { status, stdout } = spawnSync('shellcheck', flags, { input: `${helperScript(settings)}\n` });
    expect([stdout.toString(), status]).toEqual(['', 0]);
  });
});

it.each(options)('the longest command of the helper stays under 4 kB (file: $file)', (settings) => {
  expect(helperCommand(settings, false, 'full', '4294967295 12345678').length).toBeLessThan(4096);
});

describe.skipIf(noPhp !== undefined)(`PHP (${noPhp ?? 'ready'})`, () => {
  const php = (args: readonly string[], input = '') => spawnSync('php', args, { input }).stdout.toString();
  const file = path.join(source, 'alias-and-rule.php');

  it('finds nothing in the script, as it is written and as it is sent', () => {
    expect(php(['-l', file])).toContain('No syntax errors');
    for (const settings of options) expect(php(['-l'], phpSnippet(settings))).toContain('No syntax errors');
  });

  it('is sent what is written, but for comments and settings', () => {
    const code = (text: string): string => {
      const at = text.indexOf('require_once');
      return text
        .slice(at)
        .replace(/^\s*\/\/.*\n/gm, '')
        .replace(/\n+/g, '\n');
    };
    expect(code(phpSnippet({ alias: 'a', file: true }))).toBe(code(readFileSync(file, 'utf8')));
  });
});
