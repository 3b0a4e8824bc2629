import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ManualClock, parseNetwork } from '@bouncer/stream';
import type { Changes, FileTarget, Held } from '@bouncer/target';
import { adds, command, entry, folder, lines, open, signal, text } from '@bouncer/target/files-testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../src/ledger.ts';
import { purgeTarget } from '../src/purge.ts';

/** A target with the engine's half beside it. */
const ledgers = new WeakMap<FileTarget, Ledger>();
function ledgerOf(target: FileTarget): Ledger {
  const known = ledgers.get(target) ?? new Ledger({ target: '', clock: new ManualClock(), entryOf: () => undefined });
  ledgers.set(target, known);
  return known;
}
const apply = (target: FileTarget, changes: Changes) =>
  target.apply(changes, ledgerOf(target).held as Held, ledgerOf(target), signal);

describe('purge', () => {
  const purged = {
    files: [
      { path: 'site.conf', bytes: Buffer.from('empty\n'), reload: true },
      { path: 'never.conf', bytes: Buffer.from('empty\n'), reload: true },
    ],
    remove: ['list.txt', 'nowhere.txt'],
    note: 'take the include line out',
  };

  it('leaves only what the renderer says, reloads, and tells what is left to do', async () => {
    const target = open({ renderer: { ...lines, purged: () => purged }, reload: command('cat list.txt > seen') });
    await apply(target, adds(entry('203.0.113.7')));
    expect(await purgeTarget(target, signal)).toEqual({ target: 'files', ok: true, removed: 1, note: purged.note });
    expect(readdirSync(folder).sort()).toEqual(['seen', 'site.conf']);
    // The list was still there when the reader of the files read them again.
    expect([text('site.conf'), text('seen')]).toEqual(['empty\n', '203.0.113.7 5000\n']);
  });

  it('puts the files back when they do not pass the test', async () => {
    const target = open({ renderer: { ...lines, purged: () => purged }, test: command('! grep empty site.conf') });
    await apply(target, adds(entry('203.0.113.7')));
    expect(await purgeTarget(target, signal)).toMatchObject({ ok: false });
    expect([text('site.conf'), text('list.txt')]).toEqual(['settings\n', '203.0.113.7 5000\n']);
  });

  it('leaves the files of an empty list where the renderer says nothing', async () => {
    const target = open();
    await apply(target, adds(entry('203.0.113.7')));
    expect(await purgeTarget(target, signal)).toEqual({ target: 'files', ok: true, removed: 1 });
    expect([text('site.conf'), text('list.txt')]).toEqual(['settings\n', '']);
  });
});

describe('reloads that are costly', () => {
  it('keep their distance; what came meanwhile goes with the next', async () => {
    const clock = new ManualClock();
    const target = open({
      renderer: { ...lines, render: (entries) => lines.render(entries).map((file) => ({ ...file, reload: true })) },
      reload: command('echo reload >> log'),
      clock,
      reloadInterval: 30,
    });
    await apply(target, adds(entry('203.0.113.7')));
    const second = apply(target, adds(entry('203.0.113.8')));
    await clock.advance(29_000);
    expect(text('list.txt')).toBe('203.0.113.7 5000\n');
    await clock.advance(1000);
    await second;
    expect([text('list.txt').split('\n').length - 1, text('log')]).toEqual([2, 'reload\nreload\n']);
  });
});

describe('a reader that drops nothing by itself', () => {
  it('holds entries without an end, in files of their own mode', async () => {
    const target = open({
      renderer: {
        ...lines,
        capabilities: { ...lines.capabilities, expires: false },
        render: (entries) => lines.render(entries).map((file) => ({ ...file, mode: 0o600 })),
      },
    });
    await apply(target, adds(entry('203.0.113.7')));
    expect((await target.list(signal)).held.get(parseNetwork('203.0.113.7')!)?.expiresAt).toBe(Infinity);
    expect(statSync(path.join(folder, 'list.txt')).mode & 0o777).toBe(0o600);
  });
});
