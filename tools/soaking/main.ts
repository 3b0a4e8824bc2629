// usage: tools/soak [mikrotik|pfsense|nginx|traefik|haproxy|firewall] [MINUTES]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, startLapi, until } from '@bouncer/sandbox';
import { isInOwnNetwork, runInOwnNetwork } from '../own-network.ts';
import { devices } from './devices.ts';
import type { Device } from './devices.ts';
import { Load, mix } from './load.ts';
import { verdicts } from './measure.ts';
import type { Sample } from './measure.ts';

/** Of the run, so much is warm-up: resyncs and faults of every kind make memory find its size. */
const WARM_SHARE = 0.5;
const DEVICE_FAULT_MS = 60_000;
/** How long the device may take to hold what LAPI says once nothing fails any more, in seconds. */
const SETTLE = 120;

const [app = 'mikrotik', minutes = '10'] = process.argv.slice(2);
const start = devices[app];
if (start === undefined || !(Number(minutes) > 0)) {
  console.error(`usage: tools/soak [${Object.keys(devices).join('|')}] [MINUTES]`);
  process.exitCode = 2;
} else if (app === 'firewall' && !isInOwnNetwork()) {
  process.exitCode = await runInOwnNetwork(import.meta.filename, [app, minutes]);
} else {
  await using device = await start();
  process.exitCode = await soak(device, Number(minutes) * 60_000);
}

async function soak(device: Device, milliseconds: number): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'soak-probe-'));
  const probe = path.join(folder, 'probe.jsonl');
  writeFileSync(probe, '');
  await using lapi = await startLapi({ decisions: mix });
  const load = new Load(lapi);
  await using connector = new ConnectorProcess({
    app,
    file: 'bundle',
    nodeFlags: ['--import', path.join(import.meta.dirname, 'probe.ts')],
    env: {
      SOAK_PROBE: probe,
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      CROWDSEC_UPDATE_FREQUENCY: '2s',
      CROWDSEC_RESYNC_INTERVAL: '2m',
      HTTP_LISTEN: '127.0.0.1:0',
      ...device.env,
    },
  });
  const { live } = load.values();
  const seconds = await until(
    `${app} holds the first ${live.length} addresses`,
    () => wait(1000).then(async () => (await device.blocked(live)).length === live.length),
    600,
  );
  console.log(`${app}: cold start to ${mix.length} entries in ${seconds.toFixed(0)} s; load average ${load1()}`);

  load.start();
  let deviceFaults = 0;
  const failing = setInterval(() => {
    device.faults[deviceFaults % device.faults.length]?.();
    deviceFaults += 1;
  }, DEVICE_FAULT_MS);
  await Promise.race([wait(milliseconds * WARM_SHARE), gone(connector)]);
  writeFileSync(`${probe}.go`, '');
  await Promise.race([wait(milliseconds * (1 - WARM_SHARE)), gone(connector)]);
  clearInterval(failing);
  await load.stop();
  const samples = readFileSync(probe, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Sample)
    .filter(({ isGoing }) => isGoing);

  const settled = await until('in step', () => isInStep(device, load), SETTLE).catch(() => undefined);
  const { peak } = await connector.memory();
  const code = await connector.stop();
  rmSync(folder, { recursive: true });
  const last = samples.at(-1);
  console.log(
    `${app}: ${minutes} min, ${load.changes} changes, ${load.faults} faults of LAPI, ${deviceFaults} of the device`,
  );
  console.log(
    `  memory: peak ${peak.toFixed(0)} MB; event loop delay: median ${show(last?.p50)} ms, worst ${show(last?.worst)} ms; load average ${load1()}`,
  );
  const starved = (last?.starved ?? 0) - (samples[0]?.starved ?? 0);
  const elapsed = (last?.at ?? 0) - (samples[0]?.at ?? 0);
  console.log(`  it waited for a free processor ${((100 * starved) / elapsed).toFixed(1)} % of the time`);
  let isSound = true;
  for (const { name, value, error, most, unit } of verdicts(samples)) {
    const isFine = value <= most;
    isSound &&= isFine;
    console.log(
      `  ${isFine ? 'ok  ' : 'FAIL'} ${name}: ${value.toFixed(3)}${error === undefined ? '' : ` ± ${error.toFixed(3)}`} ${unit} (at most ${most.toFixed(1)})`,
    );
  }
  const leaks = connector.stderr.match(/MaxListenersExceededWarning|fatal:/g) ?? [];
  const ends = [
    [settled !== undefined, `in step with LAPI ${show(settled)} s after the last fault, every address compared`],
    [leaks.length === 0, 'no warning of Node, no crash'],
    [code === 0, `exit code ${code}`],
  ] as const;
  for (const [isFine, text] of ends) console.log(`  ${isFine ? 'ok  ' : 'FAIL'} ${text}`);
  return isSound && ends.every(([isFine]) => isFine) ? 0 : 1;
}

/** Every address that is banned is blocked, and none of those that were. */
async function isInStep(device: Device, load: Load): Promise<boolean> {
  await wait(1000);
  const { live, gone: ended } = load.values();
  return (await device.blocked(live)).length === live.length && (await device.blocked(ended)).length === 0;
}

async function gone(connector: ConnectorProcess): Promise<never> {
  const code = await connector.ended;
  throw new Error(`the connector ended by itself, code ${code}: ${connector.stderr}${connector.stdout.slice(-2000)}`);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function load1(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

function show(value: number | undefined): string {
  return value === undefined ? '?' : value.toFixed(1);
}
