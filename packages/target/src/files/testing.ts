// For the tests of FileTarget only.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseNetwork } from '@bouncer/stream';
import type { Entry, Network } from '@bouncer/stream';
import { afterEach, beforeEach } from 'vitest';
import { FileTarget } from './file-target.ts';
import type { FileTargetOptions, Renderer } from './file-target.ts';
import type { ApplyReport, Changes, Current, HeldEntry } from '../target.ts';

export const signal = new AbortController().signal;
export const entry = (text: string, expiresAt = 5000): Entry => ({
  network: parseNetwork(text)!,
  expiresAt,
  origin: 'cscli',
  scenario: 's',
  type: 'ban',
});

/** One line for each entry, and a file of settings that never changes. */
export const lines: Renderer = {
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

export let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

export const open = (options: Partial<FileTargetOptions> = {}) =>
  new FileTarget({ name: 'files', renderer: lines, folder, folderVariable: 'OUTPUT_DIR', ...options });
export const text = (file: string) => readFileSync(path.join(folder, file), 'utf8');
export const command = (shell: string) => ({ variable: 'RELOAD', command: `cd ${folder}; ${shell}` });

export function report(): ApplyReport & { readonly seen: string[] } {
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

export function heldBy(target: FileTarget): Map<Network, HeldEntry> {
  const held = kept.get(target) ?? new Map<Network, HeldEntry>();
  kept.set(target, held);
  return held;
}

export function apply(target: FileTarget, changes: Changes, told: ApplyReport, stop: AbortSignal): Promise<void> {
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
    refused: (network, reason) => {
      told.refused(network, reason);
    },
  };
  return target.apply(changes, held, keeping, stop);
}

/** The first listing knows nothing. */
export async function list(target: FileTarget): Promise<Current> {
  const current = await target.list(signal, kept.get(target));
  kept.set(target, current.held);
  return current;
}

export const adds = (...entries: Entry[]) => ({ create: entries, update: [], delete: [] });
