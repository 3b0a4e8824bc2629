import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import type { TraefikValues } from '../config.ts';
import { pluginSideFiles } from './plugin-files.ts';

/** Who a process is for the file system. */
export interface Reader {
  readonly uid: number;
  readonly groups: readonly number[];
}

/** Who may do what with a file or folder. */
export interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** How a Traefik that is not root is let in, for `setup` and `check`. */
export function readerFix(gid: number | string): string {
  return `let Traefik be in group ${gid}: docker run --group-add ${gid}, compose \`group_add: ['${gid}']\`, or \`usermod -aG ${gid}\` for its user; or give our folder its group (chgrp GROUP, chmod g+s): new files then have it`;
}

/**
 * Whether Traefik may read the files with secrets. One that it may not read makes the plugin fail, and every router that
 * uses it answer 404. Looks as the Traefik would that runs here, where one is seen.
 */
export function* readerSteps(values: TraefikValues, traefiks = runningTraefiks()): Generator<CheckStep> {
  const { outputDir, format } = values;
  if (format === 'kubernetes') return;
  for (const name of privateFiles(values)) {
    const file = path.join(outputDir, name);
    const owned = statSync(file, { throwIfNoEntry: false });
    const folder = statSync(outputDir, { throwIfNoEntry: false });
    if (owned === undefined || folder === undefined) continue;
    const shut = traefiks.find((reader) => !may(reader, owned, 4) || !may(reader, folder, 1));
    const who = `${name} is for user ${owned.uid} and group ${owned.gid} only`;
    if (shut !== undefined) {
      const seen = `${who}, and the Traefik that runs here is user ${shut.uid}: the plugin fails, and its routers answer 404`;
      yield failed('readers', seen, readerFix(owned.gid));
    } else if (traefiks.length > 0) yield passed('readers', `the Traefik that runs here may read ${name}`);
    else if ((owned.mode & 4) !== 0 && (folder.mode & 1) !== 0) yield passed('readers', `everybody may read ${name}`);
    else yield warned('readers', `${who}: no Traefik is seen here to look as; root may read it`, readerFix(owned.gid));
  }
}

function privateFiles(values: TraefikValues): readonly string[] {
  try {
    return pluginSideFiles(values)
      .filter(({ mode }) => mode !== undefined)
      .map((file) => file.path);
  } catch {
    // Told where the files are looked at.
    return [];
  }
}

/** True when the bit (4 read, 1 enter) is set for the reader; root reads everything. @internal */
export function may({ uid, groups }: Reader, { mode, uid: owner, gid }: Owned, bit: 4 | 1): boolean {
  if (uid === 0) return true;
  const shift = uid === owner ? 6 : groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & bit) !== 0;
}

/** The processes named traefik that this process sees, those of containers included where it runs on their host. */
function runningTraefiks(): readonly Reader[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => readerOf(pid));
  } catch {
    return [];
  }
}

function readerOf(pid: string): Reader[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    if (!status.startsWith('Name:\ttraefik\n')) return [];
    // The fourth number is the one that counts for files.
    const numbers = (name: string): number[] =>
      (new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);
    const [uid = -1, gid = -1] = [numbers('Uid')[3], numbers('Gid')[3]];
    return [{ uid, groups: [gid, ...numbers('Groups')] }];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
