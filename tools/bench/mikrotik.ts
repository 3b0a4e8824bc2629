// usage: node tools/bench/mikrotik.ts [sync] [follow] [idle]     (after `npm run build`; all three by default)
// Prints figures of the MikroTik connector between the LAPI stand-in and the RouterOS stand-in. Asserts nothing.
//   sync    a cold sync of 30,000 entries at 0.25 ms a command on one thread, against the floor; then a second one
//   follow  ban to router, peak memory and the CPU of an idle poll at 100,000 decisions
//   idle    memory at 15,000 decisions
import {
  ConnectorProcess,
  REAL_SCAN_US_PER_ROW,
  decisionMix,
  startLapi,
  startRouterOs,
  until,
  type LapiSandbox,
  type RouterOsSandbox,
} from '@bouncer/sandbox';

const SERVICE_MS = 0.25;
const LIST = 'crowdsec';
const wanted = process.argv.slice(2);
let lastWrites = -1;

if (isWanted('sync')) await cold();
if (isWanted('follow')) await follow();
if (isWanted('idle')) await idle();

function isWanted(name: string): boolean {
  return wanted.length === 0 || wanted.includes(name);
}

async function cold(): Promise<void> {
  await using lapi = await startLapi({ decisions: decisionMix({ capi: 30_000 }) });
  await using router = await startRouterOs({ serviceTimeMs: SERVICE_MS, scanUsPerRow: REAL_SCAN_US_PER_ROW });
  const start = performance.now();
  const first = connector('sync', settings(lapi, router));
  const code = await first.ended;
  const seconds = (performance.now() - start) / 1000;
  const writes = router.counters.writes;
  const floor = (writes * SERVICE_MS) / 1000;
  print(`cold sync: exit ${code}, ${router.rows(undefined, LIST).length} rows, ${writes} writes`);
  print(`  ${seconds.toFixed(2)} s, floor ${floor.toFixed(2)} s: ${(seconds / floor).toFixed(2)} times the floor`);
  router.counters.reset();
  const again = performance.now();
  const second = await connector('sync', settings(lapi, router)).ended;
  print(`second sync: exit ${second}, ${router.counters.writes} writes, ${elapsed(again)} s`);
}

async function follow(): Promise<void> {
  await using lapi = await startLapi({ decisions: decisionMix({ capi: 60_000, lists: 38_000, local: 2000 }) });
  await using router = await startRouterOs({ scanUsPerRow: REAL_SCAN_US_PER_ROW });
  const env = { ...settings(lapi, router), CROWDSEC_UPDATE_FREQUENCY: '2s' };
  const start = performance.now();
  await using running = connector('run', env);
  await until('in step', () => isQuiet(router, 90_000));
  print(`follow: ${router.rows(undefined, LIST).length} entries in ${elapsed(start)} s`);
  print(`  memory after the cold load: ${await memoryOf(running)}`);
  const delays: number[] = [];
  for (let index = 1; index <= 10; index += 1) {
    const address = `203.0.113.${index}`;
    await wait(700 * Math.random());
    const { writes } = router.counters;
    lapi.decisions.add({ value: address, duration: 3600, origin: 'cscli', scenario: 'bench' });
    delays.push(await until('ban on the router', () => router.counters.writes > writes));
  }
  delays.sort((a, b) => a - b);
  print(`  ban to router, poll interval 2 s: ${delays.map((delay) => delay.toFixed(2)).join(' ')} s`);
  const requests = lapi.requests.pulls.length;
  const before = await running.cpuSeconds();
  await wait(30_000);
  const polls = lapi.requests.pulls.length - requests;
  const cpu = (await running.cpuSeconds()) - before;
  print(`  30 s idle: ${polls} polls, ${(cpu * 1000).toFixed(0)} ms CPU in all, verification and listing included`);
  print(`  memory at the end: ${await memoryOf(running)}; exit ${await running.stop()}`);
}

async function idle(): Promise<void> {
  await using lapi = await startLapi({ decisions: decisionMix({ capi: 15_000 }) });
  await using router = await startRouterOs({ scanUsPerRow: REAL_SCAN_US_PER_ROW });
  await using running = connector('run', settings(lapi, router));
  await until('in step', () => isQuiet(router, 15_000));
  await wait(60_000);
  print(`idle for a minute at 15,000 decisions: ${await memoryOf(running)}; exit ${await running.stop()}`);
}

function connector(command: string, env: Record<string, string>): ConnectorProcess {
  const nodeFlags = (process.env['NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
  return new ConnectorProcess({ app: 'mikrotik', args: [command], env, file: 'bundle', nodeFlags });
}

function settings(lapi: LapiSandbox, router: RouterOsSandbox): Record<string, string> {
  return {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    MIKROTIK_HOST: `${router.host}:${router.port}`,
    MIKROTIK_USER: 'crowdsec',
    MIKROTIK_PASSWORD: 'secret',
    MIKROTIK_TLS: 'false',
    HTTP_LISTEN: '127.0.0.1:0',
  };
}

/** At least so many writes, and none for half a second. A look must be cheap: the stand-ins live in this process. */
async function isQuiet(router: RouterOsSandbox, least: number): Promise<boolean> {
  await wait(500);
  const { writes } = router.counters;
  const quiet = writes >= least && writes === lastWrites;
  lastWrites = writes;
  return quiet;
}

async function memoryOf(connector: ConnectorProcess): Promise<string> {
  const { peak, now } = await connector.memory();
  return `peak (VmHWM) ${peak.toFixed(1)} MB, now ${now.toFixed(1)} MB`;
}

function elapsed(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(2);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function print(line: string): void {
  console.log(line);
}
