import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { nodeCheck } from './node-check.ts';

const run = (script: string) => spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });

describe('the first lines of a bundle', () => {
  it('say in one line that Node is too old, exit 2, and run nothing else', () => {
    const { status, stdout, stderr } = run(`${nodeCheck(99)}\nconsole.log('on it goes')`);
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: `Node.js 99 or newer is needed; this is ${process.version}\n`,
    });
  });

  it('say nothing on a Node that will do, and keep the bundle strict', () => {
    const { status, stdout } = run(`${nodeCheck(22)}\nconsole.log((function () { return this })())`);
    expect([status, stdout]).toEqual([0, 'undefined\n']);
  });

  it('use nothing that a Node of any age could not read', () => {
    expect(nodeCheck(22)).not.toMatch(/=>|`|\b(const|let|class|async)\b|\?\.|\?\?/);
  });
});
