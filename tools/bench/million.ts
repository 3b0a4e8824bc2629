// usage: node tools/bench/million.ts [KIND ...] [DECISIONS]     (after `npm run build`; all kinds and 1,000,000 by default;
// firewall needs root)
// Prints a row for each kind: from the start until the device is in step, against what LAPI alone takes to answer, in the same
// run; CPU and the peak of memory. Asserts nothing.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, decisionMix, freePort, startLapi, until, type LapiSandbox } from '@bouncer/sandbox';
import { isInOwnNetwork, runInOwnNetwork } from '../own-network.ts';
import { devices, type Device } from '../soaking/devices.ts';

/** What a device of this kind is asked to hold of them, where that is not all. */
const caps: Readonly<Record<string, number>> = { mikrotik: 30_000, pfsense: 200_000 };
/** For `bouncer`: its three kinds. */
const three = ['mikrotik', 'nginx', 'traefik'];
const words = process.argv.slice(2);
const amount = Number(words.find((word) => /^\d+$/.test(word)) ?? 1_000_000);
const named = words.filter((word) => !/^\d+$/.test(word));
const kinds = named.length > 0 ? named : [...Object.keys(devices), 'bouncer'];

if (!isInOwnNetwork()) {
  process.exitCode = await runInOwnNetwork(import.meta.filename, words);
} else {
  console.log(`| ${amount} decisions | held | LAPI alone, s | in step, s | CPU, s | peak, MB | a minute later, MB |`);
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  // Each with a LAPI of its own, since what a stand-in has served makes it faster.
  for (const kind of kinds) await measure(kind);
}

async function measure(kind: string): Promise<void> {
  await using lapi = await startLapi({
    decisions: decisionMix({ capi: amount * 0.6, lists: amount * 0.398, local: amount * 0.002 }),
  });
  await alone(lapi);
  const plain = await alone(lapi);
  const targets = kind === 'bouncer' ? three : [kind];
  const started: Device[] = [];
  for (const target of targets) {
    const device = await devices[target]?.();
    if (device === undefined) throw new Error(`no such kind: ${target}`);
    started.push(device);
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'million-'));
  const config = path.join(folder, 'targets.yaml');
  writeFileSync(
    config,
    JSON.stringify({ targets: started.map(({ env }, index) => inYaml(targets[index] ?? '', env)) }),
  );
  const port = await freePort();
  const env = {
    CONFIG_FILE: config,
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    HTTP_LISTEN: `127.0.0.1:${port}`,
  };
  try {
    await report(kind, env, port, plain);
  } finally {
    for (const device of started) await device[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

/** A place in `targets:` from what the kind's own image would be given. */
function inYaml(kind: string, env: Device['env']): object {
  const own = Object.entries(env).map(([name, value]) => [name.slice(kind.length + 1).toLowerCase(), value]);
  const cap = caps[kind];
  return { kind, ...(Object.fromEntries(own) as object), ...(cap !== undefined && { max_entries: cap }) };
}

async function report(kind: string, env: Readonly<Record<string, string>>, port: number, plain: number): Promise<void> {
  const start = performance.now();
  await using connector = new ConnectorProcess({ app: kind, file: 'bundle', env });
  let held = 0;
  await until(
    `${kind} is in step`,
    async () => {
      await wait(200);
      // Before that it is in step with a part of the answer.
      const found = connector.stdout.includes('full pull complete') ? await heldBy(port) : undefined;
      if (found !== undefined) held = found;
      return found !== undefined;
    },
    600,
  ).catch((error: unknown) => {
    throw new Error(connector.stdout.slice(-3000) + connector.stderr, { cause: error });
  });
  const seconds = (performance.now() - start) / 1000;
  const cpu = await connector.cpuSeconds();
  const { peak } = await connector.memory();
  await wait(60_000);
  const { now } = await connector.memory();
  const cells = [kind, held, plain.toFixed(1), seconds.toFixed(1), cpu.toFixed(1), peak.toFixed(0), now.toFixed(0)];
  console.log(`| ${cells.join(' | ')} |`);
}

interface TargetCounts {
  readonly state: string;
  readonly held: number;
  readonly desired: number;
}

/** Entries of all targets; undefined until each is in step. */
async function heldBy(port: number): Promise<number | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/status.json`).catch(() => undefined);
  if (answer?.status !== 200) return undefined;
  const { targets } = (await answer.json()) as { readonly targets: readonly TargetCounts[] };
  // It stays in step while more is written.
  if (!targets.every(({ state, held, desired }) => state === 'in-step' && held === desired)) return undefined;
  return targets.reduce((sum, target) => sum + target.held, 0);
}

/** Seconds that a full pull takes whoever throws it away as it comes. */
async function alone(lapi: LapiSandbox): Promise<number> {
  const start = performance.now();
  const headers = ['-H', `X-Api-Key: ${lapi.key}`];
  const child = spawn('curl', [
    '-sSfo',
    '/dev/null',
    ...headers,
    `${lapi.url}/v1/decisions/stream?startup=true&dedup=false`,
  ]);
  await new Promise((resolve) => child.on('close', resolve));
  return (performance.now() - start) / 1000;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
