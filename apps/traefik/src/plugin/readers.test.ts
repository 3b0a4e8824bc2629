import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleValues } from '../testing.ts';
import { may, readerSteps } from './readers.ts';
import type { Reader } from './readers.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  chmodSync(folder, 0o755);
  writeFileSync(path.join(folder, 'crowdsec-lapi.key'), 'abc\n', { mode: 0o640 });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function look(...traefiks: Reader[]): string[] {
  const values = sampleValues({ outputDir: folder, lapiInsecureSkipVerify: true });
  return [...readerSteps(values, traefiks)].map(({ level, seen }) => `${level} ${seen}`);
}

it('a file is read by its owner, its group, root, and others where it says so', () => {
  const file = { mode: 0o640, uid: 65532, gid: 70 };
  const readers: Reader[] = [
    { uid: 0, groups: [] },
    { uid: 65532, groups: [] },
    { uid: 1, groups: [5, 70] },
    { uid: 1, groups: [5] },
  ];
  expect(readers.map((reader) => may(reader, file, 4))).toEqual([true, true, true, false]);
  expect(may({ uid: 1, groups: [] }, { ...file, mode: 0o644 }, 4)).toBe(true);
  expect(may({ uid: 65532, groups: [70] }, { ...file, mode: 0o044 }, 4)).toBe(false);
});

describe('check', () => {
  it('looks as the Traefik that is seen would', () => {
    expect(look({ uid: 0, groups: [0] })).toEqual([expect.stringContaining('ok the Traefik that runs here may read')]);
    const other = { uid: 4711, groups: [4711] };
    expect(look({ uid: 0, groups: [0] }, other)).toEqual([expect.stringMatching(/^fail .*user 4711.*404/)]);
  });

  it('warns when no Traefik is seen, unless everybody may read', () => {
    expect(look()).toEqual([expect.stringMatching(/^warn .*no Traefik is seen/)]);
    chmodSync(path.join(folder, 'crowdsec-lapi.key'), 0o644);
    expect(look()).toEqual([expect.stringContaining('ok everybody may read')]);
    chmodSync(folder, 0o750);
    expect(look()).toEqual([expect.stringMatching(/^warn /)]);
  });

  it.skipIf(process.getuid?.() !== 0)('lets Traefik in by the group of the folder', () => {
    chownSync(path.join(folder, 'crowdsec-lapi.key'), 0, 4711);
    expect(look({ uid: 1234, groups: [4711] })).toEqual([expect.stringMatching(/^ok /)]);
  });
});
