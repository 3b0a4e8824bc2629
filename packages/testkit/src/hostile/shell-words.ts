import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * The words that a real sh hands to a program when somebody pastes this: one list for each call of it.
 * @throws Error when sh carries out anything else, says something, or leaves a file.
 */
export function shellWordsOf(text: string, program: string): string[][] {
  const folder = mkdtempSync(path.join(tmpdir(), 'paste-'));
  try {
    // No other program is found, so that a command that got in is an error.
    const input = `PATH=/nowhere\n${program}() { printf '%s\\0' "$@"; printf '\\n\\0'; }\n${text}\n`;
    const { status, stdout, stderr } = spawnSync('sh', { input, cwd: folder, encoding: 'utf8' });
    const left = readdirSync(folder);
    if (status !== 0 || stderr !== '' || left.length > 0)
      throw new Error(`sh ended with ${String(status)}: ${stderr} ${left.join(' ')}`);
    const calls: string[][] = [[]];
    for (const word of stdout.split('\u0000').slice(0, -1)) {
      if (word === '\n') calls.push([]);
      else calls.at(-1)?.push(word);
    }
    return calls.slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
