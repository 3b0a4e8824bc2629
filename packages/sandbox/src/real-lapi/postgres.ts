import { execFile } from 'node:child_process';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runs } from '../debian/unpacked-package.ts';
import { freePort } from '../product/free-port.ts';

const run = promisify(execFile);

/** Where Debian puts the server's programs, one folder for each version. */
const PROGRAMS = '/usr/lib/postgresql';
/** PostgreSQL refuses to run as root; nobody will do. */
const NOBODY = { uid: 65_534, gid: 65_534 };
/** The role and the database of the LAPI that uses it, and its password on loopback. */
const NAME = 'crowdsec';

/** A PostgreSQL on loopback for one LAPI, whose queries can be made to fail. */
export interface Postgres extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Queries longer than this fail from now on (`25ms`), in new sessions; the old ones are ended. */
  limitQueries(timeout: string): Promise<void>;
  /** Ends that. */
  lift(): Promise<void>;
}

/** Why no PostgreSQL can be started here; undefined when one can. */
export async function postgresMissing(): Promise<string | undefined> {
  const folder = await programs();
  if (folder === undefined) return 'no PostgreSQL server here (Debian: postgresql)';
  return (await runs(join(folder, 'initdb'), '--version')) ? undefined : 'initdb does not run here';
}

/** Starts a cluster of its own in a folder of its own; nothing of the system's is touched. */
export async function startPostgres(): Promise<Postgres> {
  const folder = await programs();
  if (folder === undefined) throw new Error('no PostgreSQL server here');
  const as: Partial<typeof NOBODY> = process.getuid?.() === 0 ? NOBODY : {};
  const home = await mkdtemp(join(tmpdir(), 'sandbox-postgres-'));
  if (as.uid !== undefined && as.gid !== undefined) await chown(home, as.uid, as.gid);
  const data = join(home, 'data');
  const port = await freePort();
  const options = { cwd: home, env: { ...process.env, LC_ALL: 'C' }, ...as };
  const tool = (name: string, ...args: readonly string[]) => run(join(folder, name), [...args], options);
  const server = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${home} -c fsync=off`;
  const sql = async (...statements: readonly string[]): Promise<void> => {
    const each = statements.flatMap((statement) => ['-c', statement]);
    await tool('psql', '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-qAt', ...each);
  };
  const endSessions = `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${NAME}'`;
  const stop = async (): Promise<void> => {
    await tool('pg_ctl', '-D', data, '-m', 'immediate', 'stop').catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  };
  try {
    await tool('initdb', '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync');
    await tool('pg_ctl', '-D', data, '-o', server, '-l', join(home, 'log'), '-w', 'start');
    await sql(`create role ${NAME} login`, `create database ${NAME} owner ${NAME}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    user: NAME,
    password: NAME,
    database: NAME,
    limitQueries: (timeout) => sql(`alter role ${NAME} set statement_timeout = '${timeout}'`, endSessions),
    lift: () => sql(`alter role ${NAME} reset statement_timeout`, endSessions),
    [Symbol.asyncDispose]: stop,
  };
}

async function programs(): Promise<string | undefined> {
  const versions = await readdir(PROGRAMS).catch(() => []);
  const newest = versions.sort((left, right) => Number(right) - Number(left))[0];
  return newest === undefined ? undefined : join(PROGRAMS, newest, 'bin');
}
