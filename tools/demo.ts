// usage: tools/demo [--stay] [--real-lapi]     (the shell script beside this file installs and builds first)
import { ConnectorProcess, decisionMix, startRouterOs, until, type RouterOsSandbox } from '@bouncer/sandbox';
import { demoLapi } from './demo-lapi.ts';
import type { DemoLapi } from './demo-lapi.ts';

const LIST = 'crowdsec-blocked';
const PAGE = process.env['HTTP_LISTEN'] ?? '127.0.0.1:9460';
const BANNED = '203.0.113.66';
const options = new Set(process.argv.slice(2));
const unknown = [...options].find((option) => option !== '--stay' && option !== '--real-lapi');
if (unknown !== undefined) {
  console.error(`tools/demo: unknown option ${unknown}; accepted: --stay, --real-lapi`);
  process.exit(2);
}

await using lapi = await demoLapi(options.has('--real-lapi'), decisionMix({ capi: 15_000, lists: 3000, local: 40 }));
say(`LAPI       ${lapi.url} (${lapi.kind}): ${lapi.decisions} decisions`);
// A quarter of a millisecond a command: an RB5009 takes one to three.
await using router = await startRouterOs({ serviceTimeMs: 0.25 });
for (const family of [4, 6] as const)
  router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': LIST });
router.addRow({ list: LIST, address: '198.51.100.200', comment: 'put here by hand' });
say(`router     ${router.host}:${router.port}: a RouterOS ${router.version} stand-in, one foreign entry in its list`);

const env = {
  CROWDSEC_API_URL: lapi.url,
  CROWDSEC_BOUNCER_API_KEY: lapi.key,
  CROWDSEC_UPDATE_FREQUENCY: '2s',
  MIKROTIK_HOST: `${router.host}:${router.port}`,
  MIKROTIK_USER: 'crowdsec',
  MIKROTIK_PASSWORD: 'secret',
  MIKROTIK_TLS: 'false',
  MIKROTIK_BLACKLIST: LIST,
  HTTP_LISTEN: PAGE,
};
await using connector = new ConnectorProcess({ app: 'mikrotik', env, file: 'bundle' });
say(`connector  apps/mikrotik/dist/main.cjs run; status page: http://${PAGE}/`);

await coldSync(lapi, router);
await banAndUnban(lapi, router);
const code = options.has('--stay') ? await stay(connector) : await connector.stop();
say(`connector  stopped with exit ${code}; the protection stays in place`);
await restart(router);
summary(router);
say('demo       everything as it should be');

async function coldSync({ decisions }: DemoLapi, device: RouterOsSandbox): Promise<void> {
  let shown = 0;
  const seconds = await until('the router in step', async () => {
    const { writes } = device.counters;
    if (writes - shown >= 4000) {
      shown = writes;
      say(`           ${writes} of about ${decisions} entries written`);
    }
    return isReady();
  });
  say(`in step    ${owned(device)} entries in ${seconds.toFixed(1)} s`);
}

async function banAndUnban(from: DemoLapi, device: RouterOsSandbox): Promise<void> {
  await from.ban(BANNED);
  const ban = await until('the ban on the router', () => holds(device, BANNED));
  say(`ban        ${BANNED} is on the router after ${ban.toFixed(1)} s (LAPI is asked every 2 s)`);
  await from.unban(BANNED);
  const unban = await until('the unban on the router', () => !holds(device, BANNED));
  say(`unban      ${BANNED} is gone after ${unban.toFixed(1)} s`);
}

/** What a container update does: the same list again, and nothing to write. */
async function restart(device: RouterOsSandbox): Promise<void> {
  device.counters.reset();
  const again = new ConnectorProcess({ app: 'mikrotik', args: ['sync'], env, file: 'bundle' });
  const end = await again.ended;
  if (end !== 0) throw new Error(`sync ended with exit ${end}\n${again.stdout}${again.stderr}`);
  say(`restart    a second sync found the router in step: ${device.counters.writes} writes`);
}

async function stay(running: ConnectorProcess): Promise<number> {
  say(`staying    http://${PAGE}/ until Ctrl-C`);
  process.once('SIGINT', () => void running.stop());
  process.once('SIGTERM', () => void running.stop());
  return running.ended;
}

function summary(device: RouterOsSandbox): void {
  const rows = device.rows(undefined, LIST);
  const ours = rows.filter((row) => row.dynamic);
  const ranges = ours.filter((row) => row.address.includes('/') && !row.address.endsWith('/128'));
  const six = ours.filter((row) => row.address.includes(':'));
  say(
    `router     holds ${ours.length} entries of ours (${six.length} IPv6, ${ranges.length} ranges), all with an end;`,
  );
  say(`           the ${rows.length - ours.length} foreign entry is untouched`);
}

async function isReady(): Promise<boolean> {
  return fetch(`http://${PAGE}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
}

function owned(device: RouterOsSandbox): number {
  return device.rows(undefined, LIST).filter((row) => row.dynamic).length;
}

function holds(device: RouterOsSandbox, address: string): boolean {
  return device.rows(4, LIST).some((row) => row.address === address);
}

function say(line: string): void {
  console.log(line);
}
