// usage: node tools/bench/firewall.ts [nftables] [iptables]     (after `npm run build`, as root; nftables by default)
// Prints figures of the Linux firewall connector between a real LAPI (Debian's crowdsec, fetched without being
// installed) and the real kernel, in a network namespace of its own. Asserts nothing.
//   load    100,000 decisions into the kernel, against a plain `nft -f` of the same ruleset in the same run; memory
//   delta   1,000 additions and 1,000 deletions at 100,000, by the connector's own log of what the kernel took
//   idle    CPU of 30 s without news, and how many nft processes they took
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ConnectorProcess, realLapiAvailable, startRealLapi, until, type RealLapi } from '@bouncer/sandbox';
import { isInOwnNetwork, runInOwnNetwork } from '../own-network.ts';

const exec = promisify(execFile);
const COUNT = 100_000;
const DELTA = 1000;

if (!isInOwnNetwork()) await goInside();
else for (const mode of modes()) await bench(mode);

function modes(): readonly string[] {
  const wanted = process.argv.slice(2);
  return wanted.length === 0 ? ['nftables'] : wanted;
}

/** Runs this script again in a namespace that ends with it. */
async function goInside(): Promise<void> {
  // In there is no way out: what has to be fetched is fetched now.
  await realLapiAvailable();
  process.exitCode = await runInOwnNetwork(import.meta.filename, process.argv.slice(2));
}

async function bench(mode: string): Promise<void> {
  print(`== ${mode}, ${COUNT} decisions from a real LAPI`);
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-firewall-'));
  await using lapi = await startRealLapi();
  await lapi.importDecisions(
    Array.from({ length: COUNT }, (_, index) => ({ value: address(index), duration: 86_400 })),
  );
  try {
    await load(mode, lapi, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function load(mode: string, lapi: RealLapi, folder: string): Promise<void> {
  const log = path.join(folder, 'programs');
  await countPrograms(folder, log);
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: await lapi.addBouncer(`bench-${mode}`),
    CROWDSEC_UPDATE_FREQUENCY: '2s',
    FIREWALL_MODE: mode,
    HTTP_LISTEN: 'off',
    LOG_FORMAT: 'json',
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
  };
  const alone = await fullPull(lapi);
  print(`LAPI alone answers a full pull in ${alone.toFixed(2)} s`);
  const start = performance.now();
  await using connector = new ConnectorProcess({ app: 'firewall', env, file: 'bundle' });
  await until('loaded', () => written(connector) !== undefined);
  const seconds = (performance.now() - start) / 1000;
  print(`load: ${seconds.toFixed(2)} s from start to the last entry in the kernel; ${await held(mode)} entries`);
  print(`  of these, in the kernel's hands: ${written(connector)?.seconds.toFixed(2)} s`);
  if (mode === 'nftables') await compare(connector, folder, seconds, alone);
  print(`  memory: ${await memoryOf(connector)}`);

  await idle(connector, log);

  const fresh = Array.from({ length: DELTA }, (_, index) => ({ value: address(COUNT + index), duration: 86_400 }));
  await lapi.importDecisions(fresh);
  for (let index = 0; index < 4; index += 1)
    await lapi.cscli(['decisions', 'delete', '-r', `45.0.${index}.0/24`, '--contained']);
  const seen = await settled(connector, 2 * DELTA);
  print(
    `delta: ${seen.created} additions, ${seen.deleted} deletions in ${seen.seconds.toFixed(3)} s (all applies since, summed)`,
  );
  print(`  memory: ${await memoryOf(connector)}; exit ${await connector.stop()}; ${await held(mode)} entries stay`);
}

/** How long LAPI takes to answer the connector's question, whoever asks: what nobody can be faster than. */
async function fullPull(lapi: RealLapi): Promise<number> {
  const key = await lapi.addBouncer('bench-alone');
  const start = performance.now();
  const response = await fetch(`${lapi.url}/v1/decisions/stream?startup=true&dedup=false`, {
    headers: { 'X-Api-Key': key },
  });
  await response.arrayBuffer();
  await lapi.cscli(['bouncers', 'delete', 'bench-alone']);
  return (performance.now() - start) / 1000;
}

/** The same ruleset, as nft itself prints it, loaded into an empty table by nft alone. */
async function compare(connector: ConnectorProcess, folder: string, seconds: number, alone: number): Promise<void> {
  const { stdout } = await exec('nft', ['list', 'table', 'inet', 'crowdsec'], { maxBuffer: 1 << 28 });
  const file = path.join(folder, 'ruleset.nft');
  await writeFile(file, stdout.replaceAll('inet crowdsec', 'inet plain'));
  const start = performance.now();
  await exec('nft', ['-f', file]);
  const plain = (performance.now() - start) / 1000;
  await exec('nft', ['delete', 'table', 'inet', 'plain']);
  const times = (part: number): string => (part / plain).toFixed(1);
  print(
    `  plain nft -f of the same: ${plain.toFixed(2)} s; the kernel part took ${times(written(connector)?.seconds ?? 0)} times that, the whole start but for LAPI's own answer ${times(seconds - alone)} times, with it ${times(seconds)} times`,
  );
}

async function idle(connector: ConnectorProcess, log: string): Promise<void> {
  await wait(3000);
  const [before, runs] = [await connector.cpuSeconds(), await runsOf(log)];
  await wait(15_000);
  const polls = await runsOf(log);
  print(
    `idle: in 15 s with 7 polls ${((await connector.cpuSeconds()) - before).toFixed(2)} s CPU, ${polls - runs} programs started`,
  );
}

/** Programs are counted by wrappers that stand first in the PATH. */
async function countPrograms(folder: string, log: string): Promise<void> {
  await writeFile(log, '');
  for (const program of ['nft', 'ipset', 'iptables-save', 'ip6tables-save', 'iptables-restore', 'ip6tables-restore']) {
    const file = path.join(folder, program);
    await writeFile(file, `#!/bin/sh\necho ${program} "$@" >>${log}\nexec /usr/sbin/${program} "$@"\n`);
    await chmod(file, 0o755);
  }
}

async function runsOf(log: string): Promise<number> {
  return (await readFile(log, 'utf8')).split('\n').length - 1;
}

interface Written {
  readonly created: number;
  readonly deleted: number;
  readonly seconds: number;
}

function allWritten({ stdout }: ConnectorProcess): readonly Written[] {
  const lines = stdout.split('\n').filter((line) => line.includes('written to the device') && line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as Written);
}

function written(connector: ConnectorProcess): Written | undefined {
  return allWritten(connector).at(0);
}

async function settled(connector: ConnectorProcess, least: number): Promise<Written> {
  let sum: Written = { created: 0, deleted: 0, seconds: 0 };
  await until('the delta is written', () => {
    const later = allWritten(connector).slice(1);
    const total = (pick: (one: Written) => number): number => later.reduce((all, one) => all + pick(one), 0);
    sum = {
      created: total((one) => one.created),
      deleted: total((one) => one.deleted),
      seconds: total((one) => one.seconds),
    };
    return sum.created + sum.deleted >= least;
  });
  return sum;
}

async function held(mode: string): Promise<number> {
  const [program, args] = mode === 'nftables' ? ['nft', ['list', 'table', 'inet', 'crowdsec']] : ['ipset', ['list']];
  const { stdout } = await exec(program, args, { maxBuffer: 1 << 28 });
  return stdout.match(/timeout \d\w* expires|^[0-9.:a-f/]+ timeout/gm)?.length ?? 0;
}

function address(index: number): string {
  return `45.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}

async function memoryOf(connector: ConnectorProcess): Promise<string> {
  const { peak, now } = await connector.memory();
  return `peak (VmHWM) ${peak.toFixed(1)} MB, now ${now.toFixed(1)} MB`;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function print(line: string): void {
  console.log(line);
}
