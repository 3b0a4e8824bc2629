import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFile, spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = path.join(import.meta.dirname, 'testing-main.ts');
const lean = pathToFileURL(path.join(import.meta.dirname, 'lean-process.ts')).href;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'bouncer-lean-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A connector's process that believes its program to be elsewhere, and tells its flags when it ends. */
function start(program?: string, flags: readonly string[] = []) {
  const belief = program === undefined ? '' : `process.execPath=${JSON.stringify(program)};`;
  const tell = `${belief}process.on('exit',()=>console.error(JSON.stringify(process.execArgv)))`;
  const args = [...flags, '--import', `data:text/javascript,${tell}`, main, '--version'];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, signal, stdout, given: stderr.includes('--max-semi-space-size'), stderr };
}

/** An executable file with this content. */
function programOf(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  chmodSync(file, 0o755);
  return file;
}

describe('a lean process', () => {
  it('has its memory flags', () => {
    const { status, given, stderr } = start();
    expect({ status, given }).toEqual({ status: 0, given: true });
    expect(stderr).not.toContain('Experimental');
  });

  it('leaves the flags of the user alone', () => {
    const { status, stderr } = start(undefined, ['--max-semi-space-size=4']);
    expect({ status, times: stderr.split('--max-semi-space-size').length - 1 }).toEqual({ status: 0, times: 1 });
  });

  it('does its work without them where it cannot start itself again', () => {
    const programs = {
      // As under an emulator that the kernel does not know: a program for another processor.
      foreign: programOf('foreign', '\x7fELF and no more'),
      // As after an update of Node under a running one.
      gone: path.join(folder, 'gone'),
      // As with options that this Node does not know.
      refusing: programOf('refusing', '#!/bin/sh\nexit 9\n'),
    };
    for (const [name, program] of Object.entries(programs)) {
      const { status, signal, stdout, given } = start(program);
      expect({ status, signal, given }, name).toEqual({ status: 0, signal: null, given: false });
      expect(stdout, name).toMatch(/ v\d/);
    }
  });

  it('does its work without them where it may have no children', () => {
    const { status, signal } = start(undefined, ['--permission', '--allow-fs-read=*']);
    expect({ status, signal }).toEqual({ status: 0, signal: null });
  });
});

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
