import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runCommand } from './testing.ts';

/** What bash offers for these words, the last of them half typed. */
function offered(script: string, words: readonly string[]): string[] {
  const typed = `COMP_WORDS=(${words.map((word) => `"${word}"`).join(' ')}); COMP_CWORD=${words.length - 1}`;
  const shown = `${script}\n${typed}; _crowdsec_memory_bouncer; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', shown], { encoding: 'utf8' }).trim().split('\n');
}

describe('--completion', () => {
  it('completes commands and their flags in bash', async () => {
    const { code, stdout } = await runCommand(['--completion', 'bash'], {});
    expect(code).toBe(0);
    expect(offered(stdout, ['crowdsec-memory-bouncer', 'p'])).toEqual(['plan', 'purge']);
    expect(offered(stdout, ['crowdsec-memory-bouncer', 'sync', '--'])).toEqual([
      ...['--json', '--accept-removals', '--config', '--help'],
    ]);
  });

  it('has one for zsh, and names the shells for another', async () => {
    const zsh = await runCommand(['--completion', 'zsh'], {});
    expect(zsh).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^#compdef crowdsec-memory-bouncer\n/) as string,
    });
    const { code, stderr } = await runCommand(['--completion', 'fish'], {});
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'usage: --completion takes bash or zsh, but got "fish"\n' });
  });
});
