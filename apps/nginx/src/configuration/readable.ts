import { realpathSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { failed, passed, type CheckStep } from '@bouncer/target';
import type { WorkerUser } from './running-nginx.ts';

const EXECUTE = 1;
const READ = 4;

/** What is between this user and a file, or undefined: each folder above it must let him through. By mode bits alone. */
function hurdle(file: string, user: WorkerUser): { readonly path: string; readonly why: string } | undefined {
  let real: string;
  try {
    real = realpathSync(file);
  } catch {
    return { path: file, why: 'is not there' };
  }
  const folders: string[] = [];
  for (let at = path.dirname(real); folders[0] !== at; at = path.dirname(at)) folders.unshift(at);
  const shut = folders.find((folder) => !may(statSync(folder), user, EXECUTE));
  if (shut !== undefined) return { path: shut, why: `has mode ${modeOf(shut)} and denies access` };
  const stat = statSync(real);
  if (stat.isSocket() || may(stat, user, READ)) return undefined;
  return { path: real, why: `has mode ${modeOf(real)}` };
}

/** Whether NGINX's workers, who are another user than its master, can read what they read while they serve. */
export function readableStep(folder: string, names: readonly string[], user: WorkerUser): CheckStep {
  const step = 'readable by nginx';
  const found = names.map((name) => hurdle(path.join(folder, name), user)).find((one) => one !== undefined);
  if (!found) return passed(step, `${names.join(', ')}, by its user ${user.name}`);
  const seen = `NGINX's user ${user.name} cannot read ${folder}: ${found.path} ${found.why}; \`nginx -t\` does not see it`;
  const isFolder = found.why.includes('through');
  return failed(
    step,
    seen,
    found.why === 'is not there' ? 'start the connector' : `chmod ${isFolder ? 'o+x' : 'o+r'} ${found.path}`,
  );
}

function may(stat: Stats, { uid, gids }: WorkerUser, bit: number): boolean {
  if (uid === 0) return true;
  if (stat.uid === uid) return (stat.mode & (bit << 6)) !== 0;
  if (gids.includes(stat.gid)) return (stat.mode & (bit << 3)) !== 0;
  return (stat.mode & bit) !== 0;
}

function modeOf(file: string): string {
  return (statSync(file).mode & 0o7777).toString(8).padStart(4, '0');
}
