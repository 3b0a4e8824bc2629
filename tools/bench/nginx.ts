// usage: node tools/bench/nginx.ts [request] [load] [write] [follow]     (needs Debian's nginx-light, libnginx-mod-http-lua, wrk)
// Prints figures of the NGINX connector's files in a real NGINX on loopback. Asserts nothing.
//   request  worker CPU for each clean and each refused request at 56,200 decisions, against the same without Lua
//   load     212,000 decisions taken in while requests go on: longest wait, memory of the worker
//   follow   ban and unban from LAPI to all four workers at 100,000 decisions, and the connector's memory (after a build)
//   write    CPU to write the file for 100,000 entries, and to find that nothing changed
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, decisionMix, startLapi, until } from '@bouncer/sandbox';
import type { Network } from '@bouncer/stream';
import type { HeldEntry } from '@bouncer/target';
import { nginxMissing } from '../../apps/nginx/test/debian-nginx.ts';
import { ban, hold, luaTarget } from '../../apps/nginx/test/fixture.ts';
import { RealNginx } from '../../apps/nginx/test/real-nginx.ts';
import { cleanIpv4, costOf, schedstat } from './worker-cpu.ts';

type Entry = ReturnType<typeof ban>;

const wanted = process.argv.slice(2);
const missing = await nginxMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}
if (isWanted('write')) await write();
if (isWanted('request')) await request();
if (isWanted('load')) await load();
if (isWanted('follow')) await follow();

function isWanted(name: string): boolean {
  return wanted.length === 0 || wanted.includes(name);
}

function entriesOf(count: number, ipv6 = 0.02): Entry[] {
  const lists = Math.round(count * 0.3);
  const mix = decisionMix({ capi: count - lists, lists, ranges: 0.3, ipv6 });
  const entries = new Map<string, Entry>();
  for (const { value, origin, scenario } of mix) {
    const entry = ban(value, 86_400 + entries.size, origin, scenario);
    entries.set(entry.network, entry);
  }
  return [...entries.values()];
}

async function write(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'nginx-bench-'));
  const entries = entriesOf(100_000);
  const [one, ...rest] = entries;
  if (!one) return;
  const signal = new AbortController().signal;
  const known = new Map<Network, HeldEntry>();
  const report = {
    written: (held: HeldEntry) => void known.set(held.network, held),
    removed: ({ network }: HeldEntry) => void known.delete(network),
    refused: () => undefined,
  };
  const target = luaTarget(folder);
  await target.open(signal);
  const start = process.cpuUsage();
  await target.apply({ create: rest, update: [], delete: [] }, known, report, signal);
  const first = spent(start);
  const times: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const change = round % 2 ? { create: [], delete: [one] } : { create: [one], delete: [] };
    const cpu = process.cpuUsage();
    await target.apply({ update: [], ...change }, known, report, signal);
    times.push(spent(cpu));
  }
  const list = times.map((ms) => ms.toFixed(0)).join(' ');
  print(`write: ${rest.length} entries at once ${first.toFixed(0)} ms CPU; then one more or less: ${list} ms CPU`);
  const inode = statSync(path.join(folder, 'decisions.bin')).ino;
  const cpu = process.cpuUsage();
  const { held } = await target.list(signal);
  const same = await target.verify(held, signal);
  print(`write: nothing changed: ${spent(cpu).toFixed(1)} ms CPU to list and verify (${same}),`);
  await target.apply({ create: [], update: [], delete: [] }, known, report, signal);
  print(`  and an empty apply leaves the file alone: ${statSync(path.join(folder, 'decisions.bin')).ino === inode}`);
  rmSync(folder, { recursive: true });
}

async function request(): Promise<void> {
  await using nginx = new RealNginx();
  const entries = entriesOf(56_200);
  await hold(luaTarget(nginx.output), entries);
  await nginx.configure({
    server: `
      keepalive_requests 10000000;
      location = /base { empty_gif; }
      location = /noop { access_by_lua_block { return } empty_gif; }
      location = /ours { include ${nginx.output}/crowdsec-server.conf; empty_gif; }
      location = /file { try_files /page.html =404; }
      location = /file-ours { include ${nginx.output}/crowdsec-server.conf; try_files /page.html =404; }`,
  });
  await nginx.start();
  const refused = entries.flatMap(({ network }) => (network.includes('/') ? [] : [network as string]));
  const kinds = [
    ['clean IPv4', cleanIpv4()],
    ['clean IPv6', cleanIpv6()],
    ['refused', refused.slice(0, 5000)],
  ] as const;
  for (const [name, clients] of kinds) {
    const pages = name === 'refused' ? ['/base', '/ours'] : ['/base', '/noop', '/ours', '/file', '/file-ours'];
    const best = new Map<string, number>();
    for (let round = 0; round < 4; round += 1) {
      for (const page of pages) {
        const cost = await costOf(nginx, page, clients);
        best.set(page, Math.min(best.get(page) ?? Infinity, cost));
      }
    }
    const base = best.get('/base') ?? 1;
    print(`request: ${name}, ${entries.length} decisions, us of worker CPU (best of 4 rounds):`);
    for (const [page, cost] of best)
      print(`  ${page.padEnd(10)} ${cost.toFixed(2)}  ${percent(cost, base)} over /base`);
    const [file, ours] = [best.get('/file'), best.get('/file-ours')];
    if (file !== undefined && ours !== undefined)
      print(`  a file of 6 bytes: ${percent(ours, file)} over the same without Lua`);
  }
}

async function load(): Promise<void> {
  await using nginx = new RealNginx();
  const target = luaTarget(nginx.output);
  await hold(target, entriesOf(200));
  await nginx.configure({ http: `include ${nginx.output}/crowdsec.conf;` });
  await nginx.start();
  await nginx.status('45.83.64.1');
  const [worker = 0] = nginx.workers;
  const before = memoryOf(worker);
  const big = entriesOf(212_000);
  const other = big.slice(1);
  // The machine may be busy: the same wait without a new list is told as well, and the worker's own CPU between two
  // answers, which nobody else's work makes longer.
  for (const entries of [undefined, big, other, undefined]) {
    if (entries) await hold(target, entries);
    const end = performance.now() + 2500;
    let [longest, busiest, asked, cpu] = [0, 0, 0, schedstat(worker)];
    while (performance.now() < end) {
      const start = performance.now();
      await nginx.status('45.83.64.1');
      longest = Math.max(longest, performance.now() - start);
      const now = schedstat(worker);
      busiest = Math.max(busiest, (now - cpu) / 1e6);
      cpu = now;
      asked += 1;
    }
    const { rss, peak } = memoryOf(worker);
    const what = entries ? `${entries.length} decisions taken in` : 'no new list';
    print(
      `load: ${what}: longest of ${asked} waits ${longest.toFixed(1)} ms, most worker CPU between two answers ${busiest.toFixed(2)} ms;`,
    );
    print(
      `  worker VmRSS ${rss.toFixed(1)} MB (+${(rss - before.rss).toFixed(1)}), peak ${peak.toFixed(1)} MB (+${(peak - before.peak).toFixed(1)})`,
    );
  }
  await nginx.stop();
  await nginx.start();
  const start = performance.now();
  await nginx.status('45.83.64.1');
  print(`load: first request of a worker ${(performance.now() - start).toFixed(1)} ms, its list included`);
}

async function follow(): Promise<void> {
  await using nginx = new RealNginx();
  await using lapi = await startLapi({ decisions: decisionMix({ capi: 60_000, lists: 38_000, local: 2000 }) });
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    CROWDSEC_UPDATE_FREQUENCY: '2s',
    NGINX_OUTPUT_DIR: nginx.output,
    HTTP_LISTEN: 'off',
  };
  await using connector = new ConnectorProcess({ app: 'nginx', file: 'bundle', env });
  const start = performance.now();
  await until('in step', () => connector.stdout.includes('written to the device'));
  print(
    `follow: first list after ${((performance.now() - start) / 1000).toFixed(1)} s; ${JSON.stringify(await connector.memory())} MB`,
  );
  await nginx.configure({ workers: 4, http: `include ${nginx.output}/crowdsec.conf;` });
  await nginx.start();
  const workers = nginx.workers.join();
  const delays: string[] = [];
  for (let index = 1; index <= 5; index += 1) {
    const value = `203.0.113.${index}`;
    await nginx.everyWorker(value, 200);
    lapi.decisions.add({ value, duration: 3600, origin: 'cscli', scenario: 'bench' });
    const banned = await timed(() => nginx.everyWorker(value, 403));
    lapi.decisions.delete({ value });
    delays.push(`${banned}/${await timed(() => nginx.everyWorker(value, 200))}`);
  }
  print(
    `follow: seconds to ban/unban in all four workers, poll 2 s: ${delays.join(' ')}; same workers: ${nginx.workers.join() === workers}`,
  );
  const cpu = await connector.cpuSeconds();
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  print(
    `follow: 20 s idle ${(((await connector.cpuSeconds()) - cpu) * 1000).toFixed(0)} ms CPU; ${JSON.stringify(await connector.memory())} MB`,
  );
}

async function timed(work: () => Promise<void>): Promise<string> {
  const start = performance.now();
  await work();
  return ((performance.now() - start) / 1000).toFixed(2);
}

function memoryOf(pid: number): { rss: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { rss: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

function cleanIpv6(): string[] {
  return Array.from(
    { length: 5000 },
    (_, index) =>
      `2a01:4f8:${(index * 7919) % 65536 === 0 ? 1 : ((index * 7919) % 65536).toString(16)}:${(index + 1).toString(16)}::9`,
  );
}

function spent(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function percent(cost: number, base: number): string {
  const more = (cost / base - 1) * 100;
  return `${more < 0 ? '' : '+'}${more.toFixed(1)} %`;
}

function print(line: string): void {
  console.log(line);
}
