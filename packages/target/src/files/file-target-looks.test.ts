import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AuthError, ManualClock, hintOf } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import type { Renderer } from './file-target.ts';
import { OutputFolder } from './output-folder.ts';
import type { CheckStep } from '../doctor/check-step.ts';
import { signal, entry, lines, folder, open, text, report, apply, list, adds } from './testing.ts';

describe('verify and list', () => {
  it.each([
    [
      'changed',
      () => {
        writeFileSync(path.join(folder, 'list.txt'), 'x');
      },
    ],
    [
      'gone',
      () => {
        rmSync(path.join(folder, 'site.conf'));
      },
    ],
  ])('notice a file that was %s behind our back', async (_, change) => {
    const target = open();
    await apply(target, adds(entry('203.0.113.7')), report(), signal);
    expect(await target.verify(new Map(), signal)).toBe(true);
    change();
    expect(await target.verify(new Map(), signal)).toBe(false);
  });

  it('tell that files are missing even when there is nothing to block', async () => {
    const target = open();
    expect((await list(target)).needsApply).toBe(true);
    await apply(target, adds(), report(), signal);
    expect((await list(target)).needsApply).toBe(false);
    expect(text('site.conf')).toBe('settings\n');
  });
});

describe('list', () => {
  it('reads the files again only when somebody has touched them', async () => {
    let reads = 0;
    const counting: Renderer = {
      ...lines,
      *recover(read) {
        reads += 1;
        yield* lines.recover(read);
      },
    };
    const target = open({ renderer: counting });
    await list(target);
    await apply(target, adds(entry('203.0.113.7')), report(), signal);
    expect((await list(target)).held.size).toBe(1);
    expect(reads).toBe(1);
    writeFileSync(path.join(folder, 'list.txt'), '');
    expect((await list(target)).held.size).toBe(0);
    expect(reads).toBe(2);
  });

  it('leaves out what has lapsed, when readers drop it by themselves', async () => {
    const clock = new ManualClock(4_000_000);
    const target = open({ clock });
    await apply(target, adds(entry('203.0.113.7', 4100), entry('203.0.113.8', 9000)), report(), signal);
    await clock.advance(100_000);
    expect([...(await list(target)).held.keys()]).toEqual(['203.0.113.8']);
    await apply(target, adds(entry('203.0.113.9', 9000)), report(), signal);
    expect(text('list.txt')).toBe('203.0.113.8 9000\n203.0.113.9 9000\n');
  });

  it('asks for the files to be written anew when they would come out differently', async () => {
    let isStale = false;
    const target = open({ renderer: { ...lines, isStale: () => isStale } });
    await apply(target, adds(entry('203.0.113.7')), report(), signal);
    expect([await target.verify(new Map(), signal), (await list(target)).needsApply]).toEqual([true, false]);
    isStale = true;
    expect([await target.verify(new Map(), signal), (await list(target)).needsApply]).toEqual([false, true]);
  });
});

describe('open and check', () => {
  it('name the folder that is not there, and the right that is missing', async () => {
    await expect(open({ folder: path.join(folder, 'no') }).open(signal)).rejects.toThrow(
      /^OUTPUT_DIR: .* is not there$/,
    );
    const error = new OutputFolder('/x', 'OUTPUT_DIR').explain({ code: 'EACCES' });
    expect(error).toBeInstanceOf(AuthError);
    expect(hintOf(error)).toMatch(/writable for user id \d+: chown/);
  });

  it('look at the files and write nothing', async () => {
    const steps = async () => {
      const list: CheckStep[] = [];
      for await (const step of open().check(signal)) list.push(step);
      return list.map(({ ok, step, seen }) => `${ok ? 'ok' : 'FAIL'} ${step} ${seen.replace(folder, 'DIR')}`);
    };
    expect(await steps()).toEqual(['ok folder DIR can be written', 'FAIL files not in DIR: list.txt, site.conf']);
    expect(readdirSync(folder)).toEqual([]);
    await apply(open(), adds(entry('203.0.113.7')), report(), signal);
    expect(await steps()).toEqual(['ok folder DIR can be written', 'ok files all in place, 1 entries']);
  });
});
