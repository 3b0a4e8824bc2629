// usage: node tools/bench/fleet.ts [DECISIONS]     (after `npm run build`; 100,000 by default; needs what apps/pfsense's tests need)
// Prints what 50 devices of mixed kinds cost crowdsec-bouncer, 20 of them away, silent, slow or full: against one with one
// device, in the same run. Asserts nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, decisionMix, freePort, startLapi, until, type LapiSandbox } from '@bouncer/sandbox';
import { ask, kinds, type FleetDevice, type Trouble } from './fleet/devices.ts';

const POLL = 2;
/** Bans that are watched, one behind the other. */
const BANS = 10;
/** How long it is watched without news, in seconds. */
const CALM = Number(process.env['CALM'] ?? 60);
const decisions = Number(process.argv[2] ?? 100_000);
const times = (count: number, trouble?: Trouble): (Trouble | undefined)[] =>
  Array.from({ length: count }, () => trouble);

/** The fleet: how many devices of each kind, and what is the matter with them. */
const fleet: Readonly<Record<keyof typeof kinds, readonly (Trouble | undefined)[]>> = {
  mikrotik: [...times(10), ...times(3, 'away'), ...times(2, 'hang'), ...times(2, 'slow'), ...times(2, 'full')],
  pfsense: [...times(4), ...times(3, 'away'), ...times(2, 'hang'), ...times(1, 'full')],
  'pfsense-list': times(4),
  nginx: times(5),
  haproxy: [...times(4), ...times(3, 'away'), ...times(2, 'hang')],
  traefik: times(3),
};

interface Figures {
  readonly loaded: number;
  readonly peak: number;
  readonly now: number;
  readonly cpu: number;
  readonly requests: number;
  readonly delays: ReadonlyMap<string, readonly number[]>;
  readonly pages: ReadonlyMap<string, readonly number[]>;
}

const one = await measure([['nginx', [undefined]]]);
const all = await measure(Object.entries(fleet) as [keyof typeof kinds, (Trouble | undefined)[]][]);
report(one, all);

async function measure(
  wanted: readonly (readonly [keyof typeof kinds, readonly (Trouble | undefined)[]])[],
): Promise<Figures> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fleet-'));
  await using lapi = await startLapi({
    decisions: decisionMix({ capi: decisions * 0.6, lists: decisions * 0.38, local: decisions * 0.02 }),
  });
  const devices: FleetDevice[] = [];
  try {
    for (const [kind, troubles] of wanted)
      for (const [index, trouble] of troubles.entries())
        devices.push(await kinds[kind](`${kind}-${index + 1}`, folder, trouble));
    return await follow(lapi, devices, folder);
  } finally {
    for (const device of devices) await device.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function follow(lapi: LapiSandbox, devices: readonly FleetDevice[], folder: string): Promise<Figures> {
  const config = path.join(folder, 'crowdsec-bouncer.yaml');
  writeFileSync(config, JSON.stringify({ targets: devices.map(({ name, target }) => ({ name, ...target })) }));
  const port = await freePort();
  const healthy = devices.filter(({ trouble }) => trouble === undefined);
  await using connector = new ConnectorProcess({
    app: 'bouncer',
    file: 'bundle',
    nodeFlags: (process.env['NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== ''),
    env: {
      CONFIG_FILE: config,
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      CROWDSEC_UPDATE_FREQUENCY: `${POLL}s`,
      HTTP_LISTEN: `127.0.0.1:${port}`,
    },
  });
  const loaded = await until('the healthy ones are in step', () => areInStep(port, healthy, connector), 900);
  const delays = new Map<string, number[]>();
  for (let index = 1; index <= BANS; index += 1) {
    const address = `203.0.113.${index}`;
    await wait(1000 + 1000 * Math.random());
    lapi.decisions.add({ value: address, duration: 36_000, origin: 'cscli', scenario: 'bench' });
    await Promise.all(healthy.map((device) => delayOf(device, address, delays)));
  }
  const [before, cpu] = [lapi.requests.all.length, await connector.cpuSeconds()];
  const pages = new Map<string, number[]>();
  for (let second = 0; second < CALM; second += 1) {
    await wait(1000);
    for (const page of ['/', '/status.json', '/metrics', '/readyz'])
      pages.set(page, [...(pages.get(page) ?? []), (await ask(port, page)).ms]);
  }
  const figures = {
    loaded,
    ...(await connector.memory()),
    cpu: (await connector.cpuSeconds()) - cpu,
    requests: lapi.requests.all.length - before,
    delays,
    pages,
  };
  await connector.stop();
  return figures;
}

async function areInStep(port: number, devices: readonly FleetDevice[], connector: ConnectorProcess): Promise<boolean> {
  await wait(1000);
  const { status, body } = await ask(port, '/status.json');
  if (status !== 200) {
    if (connector.stderr !== '') throw new Error(connector.stderr + connector.stdout);
    return false;
  }
  const { targets } = JSON.parse(body) as { targets: readonly { readonly name: string; readonly state: string }[] };
  const inStep = new Set(targets.filter(({ state }) => state === 'in-step').map(({ name }) => name));
  return devices.every(({ name }) => inStep.has(name));
}

async function delayOf(device: FleetDevice, address: string, delays: Map<string, number[]>): Promise<void> {
  const start = performance.now();
  while (!(await device.stops(address))) {
    if (performance.now() - start > 120_000) break;
    await wait(100);
  }
  const kind = device.name.replace(/-\d+$/, '');
  delays.set(kind, [...(delays.get(kind) ?? []), (performance.now() - start) / 1000]);
}

function report(single: Figures, whole: Figures): void {
  const total = Object.values(fleet).flat();
  const sick = total.filter((trouble) => trouble !== undefined);
  console.log(
    `${decisions} decisions; ${total.length} devices, ${sick.length} of them in trouble; one device is an NGINX; poll every ${POLL} s\n`,
  );
  const row = (...cells: readonly (string | number)[]): void => {
    console.log(`| ${cells.join(' | ')} |`);
  };
  row('', 'one device', `${total.length} devices`);
  row('---', '---', '---');
  row('cold start until the healthy ones are in step, s', single.loaded.toFixed(0), whole.loaded.toFixed(0));
  row(`requests to LAPI in ${CALM} s`, single.requests, whole.requests);
  row('memory now, MB', single.now.toFixed(0), whole.now.toFixed(0));
  row('memory at its peak, MB', single.peak.toFixed(0), whole.peak.toFixed(0));
  const perDevice = (field: 'now' | 'peak'): string => ((whole[field] - single[field]) / (total.length - 1)).toFixed(1);
  row('a device more, MB now', '', perDevice('now'));
  row('a device more, MB at the peak', '', perDevice('peak'));
  row(`CPU of ${CALM} s without news, ms`, (single.cpu * 1000).toFixed(0), (whole.cpu * 1000).toFixed(0));
  for (const [kind, delays] of whole.delays)
    row(`ban to ${kind}, median and worst, s`, spread(single.delays.get(kind), 1), spread(delays, 1));
  for (const [page, times] of whole.pages)
    row(`GET ${page}, median and worst, ms`, spread(single.pages.get(page), 0), spread(times, 0));
}

function spread(values: readonly number[] | undefined, digits: number): string {
  if (values === undefined) return '';
  const sorted = [...values].sort((left, right) => left - right);
  return `${(sorted[sorted.length >> 1] ?? 0).toFixed(digits)} and ${(sorted.at(-1) ?? 0).toFixed(digits)}`;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
