import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, ManualClock, parseNetwork } from '@bouncer/stream';
import type { Entry, Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import type { Renderer } from './file-target.ts';
import type { HeldEntry } from '../target.ts';
import { signal, entry, lines, folder, open, text, command, report, apply, list, adds, heldBy } from './testing.ts';

describe('apply', () => {
  it('writes all files, tells each entry, and finds them again after a restart', async () => {
    const told = report();
    const first = open();
    await list(first);
    await apply(first, adds(entry('203.0.113.7'), entry('2001:db8::/32')), told, signal);
    expect(told.seen).toEqual(['+203.0.113.7', '+2001:db8::/32']);
    expect(text('list.txt')).toBe('203.0.113.7 5000\n2001:db8::/32 5000\n');
    const { held, needsApply } = await list(open());
    expect([...held.values()]).toMatchObject([
      { network: '203.0.113.7', expiresAt: 5000 },
      { network: '2001:db8::/32', expiresAt: 5000 },
    ]);
    expect(needsApply).toBe(false);
  });

  it('moves ends and removes', async () => {
    const target = open();
    await apply(target, adds(entry('203.0.113.7'), entry('203.0.113.8')), report(), signal);
    const held = (network: string): HeldEntry => ({ network: network as Network, expiresAt: 5000 });
    const told = report();
    await apply(
      target,
      {
        create: [],
        update: [{ entry: entry('203.0.113.7', 9000), held: held('203.0.113.7') }],
        delete: [held('203.0.113.8')],
      },
      told,
      signal,
    );
    expect(text('list.txt')).toBe('203.0.113.7 9000\n');
    expect(told.seen).toEqual(['+203.0.113.7', '-203.0.113.8']);
  });

  it('renders what it is handed, and keeps no list of its own', async () => {
    const target = open();
    await apply(target, adds(entry('203.0.113.7'), entry('203.0.113.8')), report(), signal);
    heldBy(target).delete(parseNetwork('203.0.113.7')!);
    await apply(target, adds(entry('203.0.113.9')), report(), signal);
    expect(text('list.txt')).toBe('203.0.113.8 5000\n203.0.113.9 5000\n');
  });

  it('tells what is held in few fields, with the label of its origin, each text once', async () => {
    const target = open();
    const listed = (address: string): Entry => ({ ...entry(address), origin: 'lists', scenario: 'fire'.concat('hol') });
    await apply(target, adds(listed('203.0.113.7'), listed('203.0.113.8'), entry('203.0.113.9')), report(), signal);
    expect([...heldBy(target).values()]).toEqual([
      { network: '203.0.113.7', expiresAt: 5000, origin: 'lists:firehol' },
      { network: '203.0.113.8', expiresAt: 5000, origin: 'lists:firehol' },
      { network: '203.0.113.9', expiresAt: 5000, origin: 'cscli' },
    ]);
  });

  it('does not write what has not changed', async () => {
    const target = open();
    await apply(target, adds(entry('203.0.113.7')), report(), signal);
    utimesSync(path.join(folder, 'site.conf'), 1, 1);
    await apply(target, adds(entry('203.0.113.8')), report(), signal);
    expect(statSync(path.join(folder, 'site.conf')).mtimeMs).toBe(1000);
  });

  it('replaces files whole: a reader of the old one keeps the old one, and nothing is left beside them', async () => {
    const target = open();
    await apply(target, adds(entry('203.0.113.7')), report(), signal);
    const before = statSync(path.join(folder, 'list.txt')).ino;
    await apply(target, adds(entry('203.0.113.8')), report(), signal);
    expect(statSync(path.join(folder, 'list.txt')).ino).not.toBe(before);
    expect(readdirSync(folder).sort()).toEqual(['list.txt', 'site.conf']);
  });

  it('holds what it held when it fails', async () => {
    const clock = new ManualClock(4_000_000);
    const target = open({ clock });
    await apply(target, adds(entry('203.0.113.7', 4100), entry('203.0.113.8', 9000)), report(), signal);
    await clock.advance(100_000);
    const changes = { ...adds(entry('203.0.113.7', 9000), entry('203.0.113.9', 9000)), delete: [entry('203.0.113.8')] };
    await expect(apply(target, changes, report(), AbortSignal.abort())).rejects.toThrow();
    expect([...(await list(target)).held.keys()]).toEqual(['203.0.113.8']);
    await apply(target, changes, report(), signal);
    expect(text('list.txt')).toBe('203.0.113.7 9000\n203.0.113.9 9000\n');
  });

  it('tells nothing when it fails', async () => {
    const told = report();
    rmSync(folder, { recursive: true });
    await expect(apply(open(), adds(entry('203.0.113.7')), told, signal)).rejects.toThrow(ConfigError);
    expect(told.seen).toEqual([]);
  });
});

describe('what a renderer says of itself', () => {
  it('a reader that does not look at ends holds an entry for ever', async () => {
    const renderer: Renderer = { ...lines, capabilities: { ...lines.capabilities, expires: false } };
    const target = open({ renderer });
    const ends: number[] = [];
    await apply(
      target,
      adds(entry('203.0.113.7')),
      { ...report(), written: (held) => ends.push(held.expiresAt) },
      signal,
    );
    for (const held of (await list(target)).held.values()) ends.push(held.expiresAt);
    expect(ends).toEqual([Infinity, Infinity]);
  });

  it('a private file is written with its own permissions', async () => {
    const render = () => [{ path: 'key', bytes: Buffer.from('k'), mode: 0o600 }];
    await apply(open({ renderer: { ...lines, render } }), adds(), report(), signal);
    expect(statSync(path.join(folder, 'key')).mode & 0o777).toBe(0o600);
  });
});

describe('test and reload', () => {
  it('run only when a file changed that asks for it', async () => {
    const target = open({ test: command('echo test >> log'), reload: command('echo reload >> log') });
    await apply(target, adds(entry('203.0.113.7')), report(), signal);
    await apply(target, adds(entry('203.0.113.8')), report(), signal);
    expect(text('log')).toBe('test\nreload\n');
  });

  it('take bad files back when the test fails, and say what it said', async () => {
    writeFileSync(path.join(folder, 'site.conf'), 'older\n');
    const target = open({
      test: command('echo "line 3: unexpected }" >&2; false'),
      reload: command('echo reload >> log'),
    });
    const told = report();
    await expect(apply(target, adds(entry('203.0.113.7')), told, signal)).rejects.toThrow(
      /RELOAD ended with code 1: line 3: unexpected }/,
    );
    expect(text('site.conf')).toBe('older\n');
    expect(text('list.txt')).toBe('203.0.113.7 5000\n');
    expect(readdirSync(folder)).not.toContain('log');
    expect(told.seen).toEqual([]);
  });

  it('are tried again until they succeed', async () => {
    const target = open({ reload: command('test -e ready && echo reload >> log') });
    await expect(apply(target, adds(entry('203.0.113.7')), report(), signal)).rejects.toThrow('RELOAD');
    expect(await target.verify(new Map(), signal)).toBe(false);
    writeFileSync(path.join(folder, 'ready'), '');
    await apply(target, adds(), report(), signal);
    expect(text('log')).toBe('reload\n');
    expect(await target.verify(new Map(), signal)).toBe(true);
  });
});
