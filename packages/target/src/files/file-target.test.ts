import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AuthError, ConfigError, ManualClock, hintOf, parseNetwork } from '@bouncer/stream';
import type { Entry, Network } from '@bouncer/stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileTarget } from './file-target.ts';
import type { FileTargetOptions, Renderer } from './file-target.ts';
import { OutputFolder } from './output-folder.ts';
import type { CheckStep } from '../check-step.ts';
import type { ApplyReport, Changes, Current, HeldEntry } from '../target.ts';

const signal = new AbortController().signal;
const entry = (text: string, expiresAt = 5000): Entry => ({
  network: parseNetwork(text)!,
  expiresAt,
  origin: 'cscli',
  scenario: 's',
  type: 'ban',
});

/** One line for each entry, and a file of settings that never changes. */
const lines: Renderer = {
  capabilities: { families: [4, 6], ranges: true, expires: true },
  render: (entries) => [
    {
      path: 'list.txt',
      bytes: Buffer.from([...entries].map((one) => `${one.network} ${one.expiresAt}\n`).join('')),
    },
    { path: 'site.conf', bytes: Buffer.from('settings\n'), reload: true },
  ],
  *recover(read) {
    for (const line of (read('list.txt')?.toString() ?? '').split('\n').filter(Boolean)) {
      const [network = '', end = ''] = line.split(' ');
      yield entry(network, Number(end));
    }
  },
  setup: () => 'include site.conf;\n',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = (options: Partial<FileTargetOptions> = {}) =>
  new FileTarget({ name: 'files', renderer: lines, folder, folderVariable: 'OUTPUT_DIR', ...options });
const text = (file: string) => readFileSync(path.join(folder, file), 'utf8');
const command = (shell: string) => ({ variable: 'RELOAD', command: `cd ${folder}; ${shell}` });

function report(): ApplyReport & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    written: (held) => void seen.push(`+${held.network}`),
    removed: (held) => void seen.push(`-${held.network}`),
    refused: (network) => void seen.push(`!${network}`),
  };
}

/** The engine's half: what each target has told so far. */
const kept = new WeakMap<FileTarget, Map<Network, HeldEntry>>();

function heldBy(target: FileTarget): Map<Network, HeldEntry> {
  const held = kept.get(target) ?? new Map<Network, HeldEntry>();
  kept.set(target, held);
  return held;
}

function apply(target: FileTarget, changes: Changes, told: ApplyReport, stop: AbortSignal): Promise<void> {
  const held = heldBy(target);
  const keeping: ApplyReport = {
    written: (entry) => {
      held.set(entry.network, entry);
      told.written(entry);
    },
    removed: (entry) => {
      held.delete(entry.network);
      told.removed(entry);
    },
    refused: told.refused,
  };
  return target.apply(changes, held, keeping, stop);
}

/** The first listing knows nothing. */
async function list(target: FileTarget): Promise<Current> {
  const current = await target.list(signal, kept.get(target));
  kept.set(target, current.held);
  return current;
}

const adds = (...entries: Entry[]) => ({ create: entries, update: [], delete: [] });

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
