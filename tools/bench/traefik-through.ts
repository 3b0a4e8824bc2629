// usage: TRAEFIK_BIN=... [PLUGIN_SRC=...] node tools/bench/traefik-through.ts [ROUNDS]     (after `npm run build`)
// Requests a second through a real Traefik at 32 connections with 50,000 decisions: without a middleware, by forward-auth over
// HTTP and over TLS (HTTP/2), and by the real plugin. In turns, so that a busy machine is as busy for each. Then the memory of a
// Traefik of its own for each way, without any plugin, after as many requests: without a middleware, and with nothing but
// forward-auth. Asserts nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, decisionMix, freePort, startLapi, until } from '@bouncer/sandbox';
import { pluginModule } from '../../apps/traefik/src/plugin/documents.ts';
import { load } from './http-load.ts';

const binary = process.env['TRAEFIK_BIN'];
if (binary === undefined) throw new Error('TRAEFIK_BIN names no Traefik');
const plugin = process.env['PLUGIN_SRC']?.split(',')[0];
const rounds = Number(process.argv[2] ?? 7);
/** What each Traefik has answered before its memory is looked at. */
const memoryRequests = 20_000;
const mix = { capi: 30_000, lists: 18_000, local: 2000 };
const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
const [http, tls] = await Promise.all([freePort(), freePort()]);
const site = spawn(process.execPath, [path.join(import.meta.dirname, 'bare-server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = (await once(site.stdout, 'data')) as [Buffer];
await using lapi = await startLapi({ decisions: decisionMix(mix) });
const connectors = { http: start('http', {}), tls: start('tls', { TRAEFIK_LISTEN_TLS: `127.0.0.1:${tls}` }) };
for (const connector of Object.values(connectors))
  await until('in step', () => connector.stdout.includes('written to the device'));

const ways = ['none', 'http', 'tls', ...(plugin === undefined ? [] : ['plugin'])];
const lapiPlace = new URL(lapi.url);
const options = {
  enabled: true,
  crowdsecMode: 'stream',
  crowdsecLapiScheme: 'http',
  crowdsecLapiHost: lapiPlace.host,
  crowdsecLapiKey: lapi.key,
  forwardedHeadersTrustedIps: ['127.0.0.1/32'],
};
const all = await startTraefik(folder, ways, plugin);
try {
  const rates = new Map(ways.map((way) => [way, [] as number[]]));
  const costs = new Map(ways.map((way) => [way, [] as number[]]));
  for (let count = 0; count < rounds; count += 1) {
    const order = count % 2 === 0 ? ways : [...ways].reverse();
    for (const way of order) {
      const before = cpu(all.pid) + ours(way);
      const { rate, clean } = await round(all.port, way, 1.5);
      rates.get(way)?.push(rate);
      costs.get(way)?.push(((cpu(all.pid) + ours(way) - before) / Math.max(1, clean)) * 1e6);
    }
  }
  for (const way of ways) {
    const share = (rates.get(way) ?? []).map((rate, index) => rate / (rates.get('none')?.[index] ?? NaN));
    console.log(
      `${way.padEnd(7)} ${median(rates.get(way)).toFixed(0)}/s, ${median(share).toFixed(2)} of no middleware; CPU of Traefik and the connector ${median(costs.get(way)).toFixed(0)} us a request`,
    );
  }
  all.stop();
  const without = await memoryAfter('none');
  for (const way of ['http', 'tls']) {
    const { peak, now } = await memoryAfter(way);
    console.log(
      `Traefik's memory after ${memoryRequests} requests: ${way} peak (VmHWM) ${peak.toFixed(0)} MB, now (VmRSS) ${now.toFixed(0)} MB; no middleware ${without.peak.toFixed(0)} and ${without.now.toFixed(0)} MB: ${(peak / without.peak).toFixed(2)} and ${(now / without.now).toFixed(2)} times`,
    );
  }
} finally {
  all.stop();
  site.kill();
  await Promise.all(Object.values(connectors).map((each) => each.stop('SIGKILL')));
  rmSync(folder, { recursive: true, force: true });
}

function start(name: string, more: Readonly<Record<string, string>>): ConnectorProcess {
  mkdirSync(path.join(folder, 'dynamic'), { recursive: true });
  return new ConnectorProcess({
    app: 'traefik',
    file: 'bundle',
    env: {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_MIDDLEWARE: name,
      TRAEFIK_LISTEN: name === 'http' ? `127.0.0.1:${http}` : '127.0.0.1:0',
      TRAEFIK_ADDRESS: `http://127.0.0.1:${http}`,
      TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
      TRAEFIK_OUTPUT_DIR: path.join(folder, 'dynamic'),
      HTTP_LISTEN: 'off',
      ...more,
    },
  });
}

/** A Traefik with one router for each way, and in its folder what these need; ready when all of them answer. */
async function startTraefik(home: string, ways: readonly string[], withPlugin?: string) {
  const port = await freePort();
  const services = { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${line.toString().trim()}` }] } } };
  const routers = Object.fromEntries(
    ways.map((way) => {
      const router = { rule: `Host(\`${way}.test\`)`, service: 'app', entryPoints: ['web'] };
      return [way, way === 'none' ? router : { ...router, middlewares: [way] }];
    }),
  );
  const middlewares = withPlugin === undefined ? {} : { middlewares: { plugin: { plugin: { crowdsec: options } } } };
  writeFileSync(path.join(home, 'dynamic/app.yml'), JSON.stringify({ http: { routers, services, ...middlewares } }));
  if (withPlugin !== undefined)
    cpSync(withPlugin, path.join(home, 'plugins-local/src', pluginModule), { recursive: true });
  const traefik = spawn(
    binary ?? '',
    [
      '--global.checkNewVersion=false',
      '--global.sendAnonymousUsage=false',
      `--entryPoints.web.address=127.0.0.1:${port}`,
      '--entryPoints.web.forwardedHeaders.trustedIPs=127.0.0.1/32',
      `--providers.file.directory=${home}/dynamic`,
      ...(withPlugin === undefined ? [] : [`--experimental.localPlugins.crowdsec.moduleName=${pluginModule}`]),
    ],
    { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const answers = (way: string): Promise<boolean> =>
    round(port, way, 0.1).then(
      ({ clean }) => clean > 0,
      () => false,
    );
  await until('Traefik', () => isOpen(port));
  for (const way of ways) await until(way, () => answers(way));
  return { pid: traefik.pid ?? 0, port, stop: () => traefik.kill() };
}

/** Megabytes of a Traefik that has this way alone. */
async function memoryAfter(way: string): Promise<{ readonly peak: number; readonly now: number }> {
  const home = path.join(folder, `memory-${way}`);
  mkdirSync(path.join(home, 'dynamic'), { recursive: true });
  for (const name of readdirSync(path.join(folder, 'dynamic')))
    if (name.startsWith(way)) cpSync(path.join(folder, 'dynamic', name), path.join(home, 'dynamic', name));
  const traefik = await startTraefik(home, [way]);
  try {
    for (let count = 0; count < memoryRequests;) count += (await round(traefik.port, way, 1)).clean;
    return { peak: megabytes(traefik.pid, 'VmHWM'), now: megabytes(traefik.pid, 'VmRSS') };
  } finally {
    traefik.stop();
  }
}

function ours(way: string): number {
  return way === 'http' || way === 'tls' ? cpu(connectors[way].pid) : 0;
}

async function round(
  port: number,
  way: string,
  seconds: number,
): Promise<{ readonly rate: number; readonly clean: number }> {
  const requests = Array.from({ length: 2000 }, (_, index) =>
    Buffer.from(
      `GET /page HTTP/1.1\r\nHost: ${way}.test\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\nX-Forwarded-For: 198.18.${index >> 8}.${index & 255}\r\n\r\n`,
    ),
  );
  const { requests: count, seconds: took, statuses } = await load(port, requests, 32, seconds);
  return { rate: count / took, clean: statuses.get('204') ?? 0 };
}

/** Seconds, user and system. */
function cpu(pid = 0): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function megabytes(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
}

function median(values: readonly number[] = []): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
