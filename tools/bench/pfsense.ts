// usage: node tools/bench/pfsense.ts [COUNT]      (after `npm run build`; as root, for the stand-in's sshd)
// Prints figures of the pfSense connector between the LAPI stand-in and the pfSense stand-in, which has a real sshd: syncs
// of COUNT entries (50,000) against the plain pipeline `ssh host pfctl -T replace -f - < file`, with a small and a large
// config.xml, then a delta of 1,000 bans and 1,000 pardons. Asserts nothing: a shared machine shows ratios at best.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConnectorProcess,
  crowdsecAlias,
  decisionMix,
  startLapi,
  startPfSense,
  until,
  type PfSenseSandbox,
} from '@bouncer/sandbox';

const COUNT = Number(process.argv[2] ?? 50_000);
const ROUNDS = COUNT > 500_000 ? 1 : 3;
const DELTA = 1000;
const folder = mkdtempSync(path.join(tmpdir(), 'bench-pfsense-'));
const key = path.join(folder, 'key');
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);

await using lapi = await startLapi({ decisions: decisionMix({ capi: COUNT }) });
await using pfsense = await startPfSense();
pfsense.firewall.limits.tableEntries = 4_000_000;
pfsense.firewall.limits.requestMaxcount = 4_000_000;
pfsense.setKeys('admin', [readFileSync(`${key}.pub`, 'utf8').trim()]);
const env = {
  CROWDSEC_API_URL: lapi.url,
  CROWDSEC_BOUNCER_API_KEY: lapi.key,
  CROWDSEC_UPDATE_FREQUENCY: '2s',
  PFSENSE_HOST: `127.0.0.1:${pfsense.port}`,
  PFSENSE_SSH_KEY_FILE: key,
  PFSENSE_HOST_KEY: pfsense.hostKeyFingerprint,
  HTTP_LISTEN: 'off',
  LOG_FORMAT: 'json',
};

// The machine is shared: several rounds, one beside the other, and the middle one of each counts.
const [cold, plain, same]: number[][] = [[], [], []];
for (let round = 0; round < ROUNDS; round += 1) {
  flush();
  cold?.push(await sync('cold sync'));
  same?.push(await sync('sync of nothing'));
  const entries = pfsense.entriesOf() ?? [];
  flush();
  plain?.push(await pipeline(pfsense, entries));
  console.log(`plain pipeline: ${entries.length} entries in ${plain?.at(-1)?.toFixed(2)} s`);
}
const base = middle(plain ?? []);
const ratio = (times: readonly number[] = []): string =>
  `${middle(times).toFixed(2)} s, ${(middle(times) / base).toFixed(1)} x plain`;
console.log(
  `${COUNT}: plain ${base.toFixed(2)} s; cold ${ratio(cold)} (less 1.5 s: ${((middle(cold ?? []) - 1.5) / base).toFixed(1)} x); unchanged ${ratio(same)}`,
);
// What a million costs in time and memory is told by the syncs alone.
if (COUNT <= 500_000) {
  await sync('before the config.xml');
  const small: number[] = [];
  const large: number[] = [];
  const xml = path.join(pfsense.firewall.root, 'cf/conf/config.xml');
  const usual = readFileSync(xml, 'utf8');
  for (let round = 0; round < 3; round += 1) {
    configXml(xml, usual, 100_000);
    small.push(await sync('config.xml of 0.1 MB'));
    configXml(xml, usual, 4_000_000);
    large.push(await sync('config.xml of 4 MB'));
  }
  console.log(`config.xml of 4 MB against 0.1 MB: ${(middle(large) / middle(small)).toFixed(2)} x`);
  writeFileSync(xml, usual);
  await follow();
}
rmSync(folder, { recursive: true });

/** Rules and aliases of an administrator, so many bytes of them. */
function configXml(xml: string, usual: string, bytes: number): void {
  const alias = `\t\t<alias>\n\t\t\t<name>other</name>\n\t\t\t<type>network</type>\n\t\t\t<address>${'10.1.2.0/24 '.repeat(40)}</address>\n\t\t</alias>\n`;
  const rule =
    '\t\t<rule>\n\t\t\t<type>pass</type>\n\t\t\t<interface>lan</interface>\n\t\t\t<source>\n\t\t\t\t<any></any>\n\t\t\t</source>\n\t\t</rule>\n';
  const one = alias + rule;
  writeFileSync(
    xml,
    usual.replace('\t</aliases>', () => `${one.repeat(Math.ceil(bytes / one.length))}\t</aliases>`),
  );
}

function middle(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

function flush(): void {
  pfsense.pfctl(['-t', crowdsecAlias.name, '-T', 'flush']);
  pfsense.writeFile('# empty\n');
}

async function sync(what: string): Promise<number> {
  const channels = pfsense.execChannels;
  const writes = pfsense.writes;
  const start = performance.now();
  const connector = new ConnectorProcess({ app: 'pfsense', args: ['sync'], env, file: 'bundle' });
  let peak = 0;
  const watch = setInterval(() => {
    connector.memory().then(
      (memory) => (peak = Math.max(peak, memory.peak)),
      () => undefined,
    );
  }, 50);
  const code = await connector.ended;
  clearInterval(watch);
  const seconds = (performance.now() - start) / 1000;
  const held = pfsense.entriesOf()?.length ?? 0;
  console.log(
    `${what}: exit ${code}, ${held} entries, ${seconds.toFixed(2)} s, ${peak.toFixed(0)} MB, ${pfsense.execChannels - channels} exec channels, ${pfsense.writes - writes} writes of the table`,
  );
  return seconds;
}

async function pipeline({ port, host }: PfSenseSandbox, list: readonly string[]): Promise<number> {
  const file = path.join(folder, 'list');
  writeFileSync(file, `${list.join('\n')}\n`);
  const options = [
    '-i',
    key,
    '-p',
    String(port),
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
    '-o',
    'LogLevel=ERROR',
  ];
  const start = performance.now();
  const child = spawn('ssh', [...options, `admin@${host}`, `/sbin/pfctl -t ${crowdsecAlias.name} -T replace -f -`], {
    stdio: [openSync(file, 'r'), 'ignore', 'inherit'],
  });
  await new Promise((resolve) => child.on('close', resolve));
  return (performance.now() - start) / 1000;
}

async function follow(): Promise<void> {
  await using connector = new ConnectorProcess({ app: 'pfsense', args: ['run'], env, file: 'bundle' });
  const table = () => pfsense.firewall.tables.get(crowdsecAlias.name)?.entries;
  await until('in step', () => (connector.stdout + connector.stderr).includes('is in step'), 120);
  await delay(5000);
  const size = table()?.size ?? 0;
  const gone = lapi.decisions.active().slice(0, DELTA);
  const bans = Array.from({ length: DELTA }, (_, index) => `203.0.${index >> 8}.${index & 255}`);
  for (const { value } of gone) lapi.decisions.delete({ value });
  lapi.decisions.addMany(bans.map((value) => ({ value, duration: 3600, origin: 'cscli', scenario: 'bench' })));
  const seconds = await until('delta on the firewall', () => bans.every((value) => table()?.has(value) === true), 60);
  const rest = await until('pardons', () => (table()?.size ?? 0) <= size, 30);
  console.log(`delta of ${DELTA} and ${DELTA} at ${size}: ${(seconds + rest).toFixed(2)} s at a poll interval of 2 s`);
  const { peak, now } = await connector.memory();
  console.log(`memory of run: peak ${peak.toFixed(0)} MB, now ${now.toFixed(0)} MB; exit ${await connector.stop()}`);
}
