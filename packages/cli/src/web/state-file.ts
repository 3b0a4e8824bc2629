import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ChangeEvent } from '@bouncer/engine';
import type { PageHistory } from '@bouncer/status-page';
import type { Environment } from '../settings/candidates.ts';

/** What the page knows beside the state of now, and would lose by a restart. */
export interface PageMemory {
  readonly history: PageHistory;
  /** Newest first. */
  readonly changes: readonly ChangeEvent[];
}

/** Longest file that is read, in characters: ours has 100,000. */
const maxLength = 2_000_000;
/** What is older says nothing any more, in milliseconds. */
const maxAgeMs = 24 * 3600_000;

/**
 * Where the page's memory is kept: the folder that systemd made (`StateDirectory=`), else `/var/lib/<type>` where there is
 * one. Undefined where there is none: then it ends with the process, as nothing that protects depends on it.
 */
export function stateFileOf(env: Environment, type: string, root = '/var/lib'): string | undefined {
  const [made = ''] = (env['STATE_DIRECTORY'] ?? '').split(':');
  const folder = made === '' ? path.join(root, type) : made;
  return existsSync(folder) ? path.join(folder, 'page.json') : undefined;
}

/** What was kept. Undefined when there is nothing, or nothing that is ours. Never rejects. */
export async function readMemory(file: string, now: number): Promise<PageMemory | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length > maxLength) return undefined;
    const { history, changes } = JSON.parse(text) as Partial<PageMemory>;
    if (!isHistory(history) || !Array.isArray(changes)) return undefined;
    const fresh = (changes as unknown[]).filter(
      (each): each is ChangeEvent => isChange(each) && now - each.at < maxAgeMs,
    );
    return { history, changes: fresh };
  } catch {
    return undefined;
  }
}

/** Replaces the file as a whole. Rejects where it cannot be written. */
export async function writeMemory(file: string, memory: PageMemory): Promise<void> {
  const half = `${file}.${process.pid}`;
  await writeFile(half, JSON.stringify(memory), { mode: 0o600 });
  await rename(half, file);
}

function isHistory(value: unknown): value is PageHistory {
  const { recent, day } = (value ?? {}) as Partial<PageHistory>;
  return [recent, day].every((series) => Array.isArray(series?.times) && typeof series.groups === 'object');
}

function isChange(value: unknown): value is ChangeEvent {
  const { at, target, action, network, origin, scenario } = (value ?? {}) as Partial<ChangeEvent>;
  return (
    typeof at === 'number' && [target, action, network, origin, scenario].every((text) => typeof text === 'string')
  );
}
