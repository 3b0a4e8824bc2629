import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const lean = pathToFileURL(path.join(import.meta.dirname, 'lean-process.ts')).href;

/** Which of Node's own modules a process has loaded once it has imported axios. */
async function loadedWith(before: string): Promise<readonly string[]> {
  const script = `(async () => { ${before}; require('axios'); console.log(JSON.stringify(process.moduleLoadList)); })()`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
    cwd: path.join(import.meta.dirname, '../../stream'),
  });
  return JSON.parse(stdout) as string[];
}

describe('forgetFetch', () => {
  const undici = 'NativeModule internal/deps/undici/undici';

  it('spares a process that imports axios the implementation of fetch, which it would load otherwise', async () => {
    expect(await loadedWith('')).toContain(undici);
    expect(await loadedWith(`(await import(${JSON.stringify(lean)})).forgetFetch()`)).not.toContain(undici);
  });
});
