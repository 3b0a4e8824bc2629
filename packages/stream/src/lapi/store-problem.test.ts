import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeProblem } from './store-problem.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'bouncer-store-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const place = (name: string) => path.join(folder, name);

describe('the store of certificates', () => {
  it('is no problem when its file can be read, whatever links lie beside it', () => {
    writeFileSync(place('ca-certificates.crt'), 'roots');
    symlinkSync('/usr/local/share/ca-certificates/mine.crt', place('mine.pem'));
    expect(storeProblem({ files: [place('ca-certificates.crt')], folders: [folder] })).toBeUndefined();
    expect(storeProblem({ files: [], folders: [folder] })).toBeUndefined();
  });

  it('is no problem when there is none', () => {
    expect(storeProblem({ files: ['/nowhere/a.crt'], folders: ['/nowhere'] })).toBeUndefined();
  });

  it('is one when it holds nothing but links that lead out of the container', () => {
    symlinkSync('../../pki/ca-trust/extracted/pem/tls-ca-bundle.pem', place('ca-bundle.crt'));
    const problem = storeProblem({ files: [], folders: [folder] });
    expect(problem).toContain(`${place('ca-bundle.crt')} leads to ../../pki/ca-trust/extracted/pem`);
    expect(problem).toContain('mount');
  });

  // Root may read everything; the tests of the images do the same as another user.
  it.skipIf(process.getuid?.() === 0)('is one when it may not be read (not as root)', () => {
    mkdirSync(place('certs'), { mode: 0 });
    const problem = storeProblem({ files: [], folders: [place('certs')] });
    expect(problem).toContain(`user id ${process.getuid?.() ?? ''} may not read ${place('certs')}`);
  });
});
