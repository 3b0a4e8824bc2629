import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { systemClock } from '@bouncer/stream';
import type { DecisionInput } from '../lapi/decision-table.ts';
import type { LapiGeneration } from '../lapi/generation.ts';
import { freePort } from '../product/free-port.ts';
import { machine, writeConfiguration, writeCredentials } from './configuration.ts';
import type { RealLapiTls } from './configuration.ts';
import type { Postgres } from './postgres.ts';
import { crowdsecHub, crowdsecRoot, realLapiAvailable, realLapiGeneration } from './package-files.ts';

const run = promisify(execFile);

/** How the real LAPI is to be. */
export interface RealLapiOptions {
  /** Its folder, kept afterwards. Default: one of its own, removed at the end. */
  readonly dir?: string;
  /** Default: any free one. */
  readonly port?: number;
  readonly tls?: RealLapiTls;
  /** A unix socket that it listens on as well. */
  readonly socket?: string;
  /** `cscli metrics` works. Default false. */
  readonly metrics?: boolean;
  /** Its database; a file of its own when absent. */
  readonly postgres?: Postgres;
  /** AppSec beside LAPI, with the public hub's rules; ask `realAppsecMissing`. Default false. */
  readonly appsec?: boolean;
}

/** A real CrowdSec LAPI on loopback, with nothing in it and nothing around it. */
export interface RealLapi extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Of its AppSec; empty without one. */
  readonly appsecUrl: string;
  /** Which generation of the stand-in it is like. */
  readonly generation: LapiGeneration;
  /** Runs cscli against it; the standard output. Rejects with what cscli said when it fails. */
  cscli(args: readonly string[]): Promise<string>;
  /** Registers a bouncer; its key. */
  addBouncer(name: string): Promise<string>;
  /** Bans one address or range for so many seconds, as `cscli decisions add` does. */
  ban(value: string, seconds: number, type?: string): Promise<void>;
  /** Deletes every decision on exactly this address or range. */
  unban(value: string): Promise<void>;
  /** Adds many at once; LAPI gives all of them the origin `cscli-import`. */
  importDecisions(decisions: readonly DecisionInput[]): Promise<void>;
  /** What it has logged last, for a failed test's report. */
  log(): string;
  /** Ends the server and leaves its database: `start` goes on with it. */
  halt(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

const keptLines = 200;
const appsecCollections = ['crowdsecurity/appsec-virtual-patching', 'crowdsecurity/appsec-generic-rules'];

/** Starts CrowdSec as a LAPI that stands alone. Rejects with the reason when it cannot; ask `realLapiAvailable`. */
export async function startRealLapi(options: RealLapiOptions = {}): Promise<RealLapi> {
  const available = await realLapiAvailable();
  if (!available.ok) throw new Error(available.reason);
  const folder = options.dir ?? (await mkdtemp(join(tmpdir(), 'sandbox-lapi-')));
  await mkdir(folder, { recursive: true });
  const port = options.port ?? (await freePort());
  const generation = await realLapiGeneration();
  const { tls, socket, postgres } = options;
  const binaries = join(crowdsecRoot(), 'usr/bin');
  const metricsPort = options.metrics === true ? await freePort() : undefined;
  const appsec =
    options.appsec === true ? { port: await freePort(), hub: crowdsecHub(), root: crowdsecRoot() } : undefined;
  const config = await writeConfiguration({ folder, port, tls, socket, metricsPort, postgres, appsec });
  const lines: string[] = [];
  let server: ChildProcess | undefined;

  async function cscli(args: readonly string[]): Promise<string> {
    try {
      const { stdout } = await run(join(binaries, 'cscli'), ['-c', config, '--error', ...args], { maxBuffer: 1 << 28 });
      return stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`cscli ${args.join(' ')}: ${(stderr ?? '').trim() || (stdout ?? '').trim()}`, { cause: error });
    }
  }

  async function start(): Promise<void> {
    const child = spawn(join(binaries, 'crowdsec'), ['-c', config, ...(appsec ? [] : ['-no-cs']), '-no-capi'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    server = child;
    const killed = (): void => void child.kill('SIGKILL');
    process.once('exit', killed);
    const ended = once(child, 'exit').finally(() => process.off('exit', killed));
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        lines.push(line);
        if (lines.length > keptLines) lines.shift();
      });
    }
    const dead = new AbortController();
    void ended.then(() => {
      dead.abort(new Error(`crowdsec ended at its start:\n${lines.join('\n')}`));
    });
    await reachable(port, dead.signal);
    if (appsec) await reachable(appsec.port, dead.signal);
  }

  async function halt(): Promise<void> {
    const child = server;
    server = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    const killTimer = setTimeout(() => child.kill('SIGKILL'), 5000);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(killTimer);
  }

  async function stop(): Promise<void> {
    await halt();
    if (options.dir === undefined) await rm(folder, { recursive: true, force: true });
  }

  try {
    const credentials = join(folder, 'local_api_credentials.yaml');
    await cscli(['machines', 'add', machine.name, '--password', machine.password, '--file', credentials, '--force']);
    await writeCredentials({ folder, port, tls });
    if (appsec) await cscli(['collections', 'install', ...appsecCollections]);
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  let imports = 0;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    appsecUrl: appsec ? `http://127.0.0.1:${appsec.port}` : '',
    generation,
    cscli,
    addBouncer: async (name) => (await cscli(['bouncers', 'add', name, '-o', 'raw'])).trim(),
    async ban(value, seconds, type = 'ban') {
      await cscli(['decisions', 'add', ...selector(value), '-d', `${seconds}s`, '-t', type]);
    },
    async unban(value) {
      await cscli(['decisions', 'delete', ...selector(value)]);
    },
    async importDecisions(decisions) {
      imports += 1;
      const file = join(folder, `import-${imports}.csv`);
      await writeFile(file, csv(decisions));
      await cscli(['decisions', 'import', '-i', file]);
      await rm(file);
    },
    log: () => lines.join('\n'),
    halt,
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function selector(value: string): string[] {
  return [value.includes('/') ? '-r' : '-i', value];
}

function csv(decisions: readonly DecisionInput[]): string {
  const rows = decisions.map(({ value, duration = 4 * 3600, scope, type = 'ban', scenario = 'import' }) =>
    [`${duration}s`, scope ?? (value.includes('/') ? 'Range' : 'Ip'), value, type, scenario].map(quoted).join(','),
  );
  return `duration,scope,value,type,reason\n${rows.join('\n')}\n`;
}

function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Resolves once something listens there. LAPI says that it listens a moment before it does, so it has to be tried. */
async function reachable(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1' });
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await systemClock.sleep(20, signal);
    } finally {
      socket.destroy();
    }
  }
}
