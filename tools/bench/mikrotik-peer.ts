// usage: CS_ROUTEROS_BOUNCER=... node tools/bench/mikrotik-peer.ts [decisions] [ms a command] [cold] [capped]    (after `npm run build`)
// Prints how long a cold load of 30,000 decisions takes, ours and that of jmrplens/cs-routeros-bouncer, on the same stand-ins, one
// behind the other; and our memory at 200,000 decisions of which 30,000 are kept. Asserts nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ConnectorProcess, decisionMix, startLapi, startRouterOs, until } from '@bouncer/sandbox';
import type { LapiSandbox, RouterOsSandbox } from '@bouncer/sandbox';

const decisions = Number(process.argv[2] ?? 30_000);
const serviceTimeMs = Number(process.argv[3] ?? 0);
const peer = process.env['CS_ROUTEROS_BOUNCER'];

const parts = process.argv.slice(4);
/** NODE_FLAGS: to try others than the connector gives itself. */
const nodeFlags = (process.env['NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');

if (isWanted('cold')) {
  await using lapi = await startLapi({ decisions: decisionMix({ capi: decisions }) });
  await ours(lapi);
  if (peer !== undefined) await theirs(lapi, peer);
}
if (isWanted('capped')) await capped();

function isWanted(part: string): boolean {
  return parts.length === 0 || parts.includes(part);
}

async function ours(source: LapiSandbox): Promise<void> {
  await using router = await startRouterOs({ serviceTimeMs });
  const start = performance.now();
  await using running = new ConnectorProcess({
    app: 'mikrotik',
    args: ['run'],
    env: settings(source, router),
    file: 'bundle',
    nodeFlags,
  });
  await until('loaded', () => rowsOf(router) >= decisions * 0.98);
  const seconds = (performance.now() - start) / 1000;
  const cpu = (await running.cpuSeconds()).toFixed(2);
  const { peak: most } = await running.memory();
  print(`ours: ${rowsOf(router)} rows in ${seconds.toFixed(2)} s, CPU ${cpu} s, peak ${most.toFixed(0)} MB`);
  await running.stop();
}

async function theirs(source: LapiSandbox, program: string): Promise<void> {
  await using router = await startRouterOs({ serviceTimeMs });
  const start = performance.now();
  const env = {
    CROWDSEC_URL: source.url,
    CROWDSEC_BOUNCER_API_KEY: source.key,
    MIKROTIK_HOST: `${router.host}:${router.port}`,
    MIKROTIK_USER: 'crowdsec',
    MIKROTIK_PASS: 'secret',
    MIKROTIK_TLS: 'false',
    METRICS_ENABLED: 'false',
  };
  const child = spawn(program, ['run'], { env, stdio: 'ignore' });
  try {
    await until('loaded', () => rowsOf(router) >= decisions * 0.98);
    print(`peer: ${rowsOf(router)} rows in ${((performance.now() - start) / 1000).toFixed(2)} s`);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

async function capped(): Promise<void> {
  await using source = await startLapi({ decisions: decisionMix({ capi: 195_000, local: 5000 }) });
  await using router = await startRouterOs();
  const env = { ...settings(source, router), MAX_ENTRIES: '30000' };
  await using running = new ConnectorProcess({ app: 'mikrotik', args: ['run'], env, file: 'bundle', nodeFlags });
  await until('loaded', () => router.counters.adds >= 29_000, 300);
  await new Promise((resolve) => setTimeout(resolve, 30_000));
  const { peak, now } = await running.memory();
  print(
    `200,000 decisions, 30,000 kept: peak ${peak.toFixed(1)} MB, now ${now.toFixed(1)} MB; exit ${await running.stop()}`,
  );
}

function rowsOf(router: RouterOsSandbox): number {
  return router.entries;
}

function settings(source: LapiSandbox, router: RouterOsSandbox): Record<string, string> {
  return {
    CROWDSEC_API_URL: source.url,
    CROWDSEC_BOUNCER_API_KEY: source.key,
    MIKROTIK_HOST: `${router.host}:${router.port}`,
    MIKROTIK_USER: 'crowdsec',
    MIKROTIK_PASSWORD: 'secret',
    MIKROTIK_TLS: 'false',
    HTTP_LISTEN: '127.0.0.1:0',
  };
}

function print(line: string): void {
  console.log(line);
}
