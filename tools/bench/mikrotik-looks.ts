// usage: node tools/bench/mikrotik-looks.ts [large] [own] [huge]     (after `npm run build`; all three by default)
// Prints what our looks cost a router whose menus are long, counted by the RouterOS stand-in. Asserts nothing.
//   large   50,000 rows of others and 5,000 of ours at 185 us a row, for five minutes, with a ban every 15 s
//   own     30,000 of ours at 400 us, the same
//   huge    170,000 rows of others at 185 us: `check`, then the time until 300 bans are written
import { ConnectorProcess, decisionMix, startLapi, startRouterOs, until } from '@bouncer/sandbox';
import type { LapiSandbox, RouterOsSandbox } from '@bouncer/sandbox';

const WATCHED_MS = 300_000;
const BAN_EVERY_MS = 15_000;
const wanted = process.argv.slice(2);

if (isWanted('large')) await follow('large', 5000, 50_000, 185);
if (isWanted('own')) await follow('own', 30_000, 0, 400);
if (isWanted('huge')) await huge();

function isWanted(name: string): boolean {
  return wanted.length === 0 || wanted.includes(name);
}

async function follow(name: string, own: number, others: number, scanUsPerRow: number): Promise<void> {
  await using lapi = await startLapi({ decisions: decisionMix({ capi: own }) });
  await using router = await startRouterOs();
  fill(router, others);
  await using running = connector('run', { ...settings(lapi, router), CROWDSEC_UPDATE_FREQUENCY: '2s' });
  await until('loaded', () => router.counters.adds >= own * 0.98);
  router.pace.scanUsPerRow = scanUsPerRow;
  router.counters.reset();
  const start = performance.now();
  const delays: number[] = [];
  for (let count = 1; performance.now() - start < WATCHED_MS; count += 1) {
    
    const value = `203.0.113.${count}`;
    lapi.decisions.add({ value, duration: 3600, origin: 'cscli', scenario: 'bench' });
    const before = lapi.requests.pulls.length;
    await until('a poll', () => lapi.requests.pulls.length > before);
    const polledAt = performance.now();
    await until('the ban', () => router.counters.adds >= count);
    delays.push((performance.now() - polledAt) / 1000);
    await wait(BAN_EVERY_MS);
  }
  const seconds = (performance.now() - start) / 1000;
  const { scanMs, busyMs, scans, prints } = router.counters;
  const share = (ms: number): string => `${((ms / 1000 / seconds) * 100).toFixed(2)} %`;
  print(`${name}: ${seconds.toFixed(0)} s, busy by looks ${share(scanMs)} (${scans} scans, ${prints} prints), in all ${share(busyMs)}`);
  print(`  ban written after its poll: at most ${Math.max(...delays).toFixed(2)} s of ${delays.length}; exit ${await running.stop()}`);
}

async function huge(): Promise<void> {
  await using lapi = await startLapi({ decisions: decisionMix({ capi: 300 }) });
  await using router = await startRouterOs({ scanUsPerRow: 185 });
  fill(router, 170_000);
  for (const family of [4, 6] as const) {
    router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec' });
  }
  const check = connector('check', settings(lapi, router));
  const code = await check.ended;
  print(`huge: check exit ${code}: ${check.stdout.match(/a look at the list.*/)?.[0] ?? 'no word of the look'}`);
  const start = performance.now();
  await using running = connector('run', settings(lapi, router));
  await until('300 bans', () => router.counters.adds >= 290, 400);
  print(`  300 bans written ${((performance.now() - start) / 1000).toFixed(1)} s after the start; exit ${await running.stop()}`);
}

function fill(router: RouterOsSandbox, count: number): void {
  for (let index = 0; index < count; index += 1) {
    router.addRow({ list: 'others', address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` });
  }
}

function connector(command: string, env: Record<string, string>): ConnectorProcess {
  return new ConnectorProcess({ app: 'mikrotik', args: [command], env, file: 'bundle' });
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

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function print(line: string): void {
  console.log(line);
}
