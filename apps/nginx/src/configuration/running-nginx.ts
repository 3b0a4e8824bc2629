import { readFileSync } from 'node:fs';
import { allOf } from './configuration-tree.ts';
import type { ConfigurationTree } from './configuration-tree.ts';

/** Who reads our files: the user of NGINX's workers. */
export interface WorkerUser {
  readonly uid: number;
  readonly gids: readonly number[];
  /** For people. */
  readonly name: string;
}

/** The NGINX of a configuration, as far as this machine shows it. */
export interface RunningNginx {
  /** Of its oldest worker that takes connections, in milliseconds of the wall clock; undefined when none runs. */
  readonly startedAt: number | undefined;
  readonly user: WorkerUser | undefined;
}

/** Debian's and most others' place; a `pid` directive names another one. */
const PID_FILES = ['/run/nginx.pid', '/var/run/nginx.pid', '/usr/local/openresty/nginx/logs/nginx.pid'];

/** Looks for master and workers by the pid file, and for the user in /proc or in the configuration. */
export function runningNginx({ directives }: ConfigurationTree): RunningNginx {
  const named = allOf(directives, /^pid$/)[0]?.parameters[0];
  const master = (named === undefined ? PID_FILES : [named]).map(pidIn).find((pid) => pid !== undefined);
  const workers = master === undefined ? [] : workersOf(master);
  const [first] = workers;
  const [group, ...more] = directives.find(({ name }) => name === 'user')?.parameters.toReversed() ?? [];
  const user = more[0] ?? group ?? 'nobody';
  return {
    startedAt: workers.length === 0 ? undefined : Math.min(...workers.map(({ startedAt }) => startedAt)),
    user: first?.user ?? userOf(user, more.length > 0 ? group : undefined),
  };
}

function pidIn(file: string): number | undefined {
  const pid = Number(read(file)?.trim());
  return pid > 0 && read(`/proc/${pid}/cmdline`)?.includes('master process') === true ? pid : undefined;
}

function workersOf(master: number): { startedAt: number; user: WorkerUser }[] {
  const children = read(`/proc/${master}/task/${master}/children`)?.trim().split(' ') ?? [];
  return children.flatMap((pid) => {
    const title = read(`/proc/${pid}/cmdline`) ?? '';
    const status = read(`/proc/${pid}/status`) ?? '';
    if (!title.includes('worker process') || title.includes('shutting down')) return [];
    const ids = (field: string): number[] =>
      (new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);
    const uid = ids('Uid')[1] ?? 0;
    const gid = ids('Gid')[1] ?? 0;
    const user = { uid, gids: [gid, ...ids('Groups')], name: nameOf(uid) };
    return [{ startedAt: startOf(pid), user }];
  });
}

/** The kernel counts in hundredths of a second since the machine was started. */
function startOf(pid: string): number {
  const ticks = Number(
    read(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /, '')
      .split(' ')[19],
  );
  const uptime = Number(read('/proc/uptime')?.split(' ')[0]);
  return Date.now() - (uptime * 1000 - ticks * 10);
}

/** By name, from the files that every Unix has. */
function userOf(name: string, groupName: string | undefined): WorkerUser | undefined {
  const [, , uid, gid] = lines('/etc/passwd').find(([first]) => first === name) ?? [];
  if (uid === undefined) return undefined;
  const groups = lines('/etc/group');
  const own = groupName === undefined ? gid : groups.find(([first]) => first === groupName)?.[2];
  const others = groups.filter(([, , , members = '']) => members.split(',').includes(name)).map(([, , id]) => id);
  return { uid: Number(uid), gids: [own, ...others].map(Number), name };
}

function nameOf(uid: number): string {
  return lines('/etc/passwd').find(([, , id]) => Number(id) === uid)?.[0] ?? `user ${uid}`;
}

function lines(file: string): string[][] {
  return (read(file) ?? '').split('\n').map((line) => line.split(':'));
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
