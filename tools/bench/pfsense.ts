// usage: node tools/bench/pfsense.ts      (after `npm run build`; as root, for the stand-in's sshd)
// Prints figures of the pfSense connector between the LAPI stand-in and the pfSense stand-in, which has a real sshd.
// A sync of 50,000 entries against the plain pipeline `ssh host pfctl -T replace -f - < file`, then a second sync, then
// one delta. Asserts nothing.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ConnectorProcess,
  crowdsecAlias,
  decisionMix,
  startLapi,
  startPfSense,
  until,
  type PfSenseSandbox,
} from '@bouncer/sandbox';

const COUNT = 50_000;
const folder = mkdtempSync(path.join(tmpdir(), 'bench-pfsense-'));
const key = path.join(folder, 'key');
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);

await using lapi = await startLapi({ decisions: decisionMix({ capi: COUNT }) });
await using pfsense = await startPfSense();
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

// The machine is shared: three rounds, and the middle one of each counts.
const cold: number[] = [];
const plain: number[] = [];
for (let round = 0; round < 3; round += 1) {
  flush();
  cold.push(await sync('cold sync'));
  const entries = pfsense.entriesOf() ?? [];
  flush();
  plain.push(await pipeline(pfsense, entries));
  console.log(`plain pipeline: ${entries.length} entries in ${plain.at(-1)?.toFixed(2)} s`);
}
const allowed = 1.5 + 2 * middle(plain);
console.log(`cold sync ${middle(cold).toFixed(2)} s; 1.5 s + 2 x plain pipeline: ${allowed.toFixed(2)} s`);
await sync('sync of the file alone');
await sync('sync of nothing');
await follow();
rmSync(folder, { recursive: true });

function middle(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[1] ?? 0;
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
  const code = await connector.ended;
  const seconds = (performance.now() - start) / 1000;
  const held = pfsense.entriesOf()?.length ?? 0;
  console.log(
    `${what}: exit ${code}, ${held} entries, ${seconds.toFixed(2)} s, ${pfsense.execChannels - channels} exec channels, ${pfsense.writes - writes} writes of the table`,
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
  const running = pfsense.execChannels;
  await using connector = new ConnectorProcess({ app: 'pfsense', args: ['run'], env, file: 'bundle' });
  await until('in step', () => pfsense.execChannels > running, 30);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const channels = pfsense.execChannels;
  lapi.decisions.add({ value: '203.0.113.7', duration: 3600, origin: 'cscli', scenario: 'bench' });
  const seconds = await until(
    'ban on the firewall',
    () => pfsense.firewall.tables.get(crowdsecAlias.name)?.entries.has('203.0.113.7') === true,
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
  console.log(
    `delta of one ban: ${seconds.toFixed(2)} s at a poll interval of 2 s, ${pfsense.execChannels - channels} exec channels`,
  );
  const { peak, now } = await connector.memory();
  console.log(
    `memory at ${COUNT} entries: peak ${peak.toFixed(0)} MB, now ${now.toFixed(0)} MB; exit ${await connector.stop()}`,
  );
}
