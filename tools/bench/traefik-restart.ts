// usage: TRAEFIK_BIN=... node tools/bench/traefik-restart.ts [SECONDS]     (after `npm run build`)
// What clients of a real Traefik, 32 that ask up to 50 times a second each, see while the connector is restarted under load, once in the middle of so many seconds: a
// SIGTERM and a new process at once, as a container's restart does it. Asserts nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, decisionMix, freePort, startLapi, until } from '@bouncer/sandbox';
import { load } from './http-load.ts';

const binary = process.env['TRAEFIK_BIN'];
if (binary === undefined) throw new Error('TRAEFIK_BIN names no Traefik');
const seconds = Number(process.argv[2] ?? 60);
const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
const dynamic = path.join(folder, 'dynamic');
mkdirSync(dynamic);
const [endpoint, web] = await Promise.all([freePort(), freePort()]);
const banned = Array.from({ length: 500 }, (_, index) => `203.0.113.${String(index % 250)}`);
const clean = Array.from({ length: 500 }, (_, index) => `198.18.${String(index >> 8)}.${String(index & 255)}`);
const site = spawn(process.execPath, [path.join(import.meta.dirname, 'bare-server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = (await once(site.stdout, 'data')) as [Buffer];
await using lapi = await startLapi({ decisions: decisionMix({ capi: 30_000, lists: 18_000, local: 2000 }) });
for (const value of new Set(banned)) lapi.decisions.add({ value, duration: 3600 });
const env = {
  CROWDSEC_API_URL: lapi.url,
  CROWDSEC_BOUNCER_API_KEY: lapi.key,
  TRAEFIK_MODE: 'forwardauth',
  TRAEFIK_LISTEN: `127.0.0.1:${String(endpoint)}`,
  TRAEFIK_ADDRESS: `http://127.0.0.1:${String(endpoint)}`,
  TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
  TRAEFIK_OUTPUT_DIR: dynamic,
  HTTP_LISTEN: 'off',
};
let connector = new ConnectorProcess({ app: 'traefik', file: 'bundle', env });
await until('in step', () => connector.stdout.includes('written to the device'));
const services = { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${line.toString().trim()}` }] } } };
const router = { rule: 'PathPrefix(`/`)', service: 'app', entryPoints: ['web'], middlewares: ['crowdsec'] };
writeFileSync(path.join(dynamic, 'app.yml'), JSON.stringify({ http: { routers: { app: router }, services } }));
const flags = [
  '--global.checkNewVersion=false',
  '--global.sendAnonymousUsage=false',
  `--entryPoints.web.address=127.0.0.1:${String(web)}`,
  '--entryPoints.web.forwardedHeaders.trustedIPs=127.0.0.1/32',
  `--providers.file.directory=${dynamic}`,
];
const traefik = spawn(binary, flags, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
try {
  await until(
    'Traefik',
    async () => (await fetch(`http://127.0.0.1:${String(web)}/`).catch(() => undefined))?.status === 204,
  );
  const both = Promise.all([
    load(web, requestsOf(banned), 8, seconds, 20),
    load(web, requestsOf(clean), 24, seconds, 20),
  ]);
  await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 2));
  const start = performance.now();
  await connector.stop();
  connector = new ConnectorProcess({ app: 'traefik', file: 'bundle', env });
  await until('it listens', () => connector.stdout.includes('forward-auth'));
  const gap = performance.now() - start;
  const [refused, passed] = await both;
  console.log(`restarted in ${gap.toFixed(0)} ms, in the middle of ${String(seconds)} s`);
  console.log(`  banned: ${told(refused.statuses)}`);
  console.log(`  clean:  ${told(passed.statuses)}; not let pass ${shareOf(passed.statuses)} %`);
} finally {
  traefik.kill();
  site.kill();
  await connector.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

function requestsOf(clients: readonly string[]): Buffer[] {
  return clients.map((client) =>
    Buffer.from(`GET /page HTTP/1.1\r\nHost: app.test\r\nUser-Agent: a\r\nX-Forwarded-For: ${client}\r\n\r\n`),
  );
}

function told(statuses: ReadonlyMap<string, number>): string {
  return [...statuses].map(([status, count]) => `${status} ${String(count)} times`).join(', ');
}

function shareOf(statuses: ReadonlyMap<string, number>): string {
  const all = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  return (100 * (1 - (statuses.get('204') ?? 0) / all)).toFixed(2);
}
