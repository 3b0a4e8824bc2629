// usage: [GO_FIREWALL_BOUNCER=...] node tools/bench/firewall-peer.ts [DECISIONS]     (after `npm run build`, as root; 100,000)
// Prints how long ours and the Go bouncer take from their start until the kernel holds it all, with CPU and memory: the same
// LAPI stand-in, one behind the other, in a network namespace that ends with this script. Asserts nothing.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, decisionMix, startLapi, until, type LapiSandbox } from '@bouncer/sandbox';
import { isInOwnNetwork, runInOwnNetwork } from '../own-network.ts';

const amount = Number(process.argv[2] ?? 100_000);
const go = process.env['GO_FIREWALL_BOUNCER'];

if (!isInOwnNetwork()) {
  process.exitCode = await runInOwnNetwork(import.meta.filename, [String(amount)]);
} else {
  await using lapi = await startLapi({ keys: { go: 'go-key' }, decisions: decisionMix({ capi: amount, ipv6: 0 }) });
  await ours(lapi);
  execFileSync('nft', ['flush', 'ruleset']);
  if (go !== undefined) await theirs(lapi, go);
}

async function ours(lapi: LapiSandbox): Promise<void> {
  const start = performance.now();
  const env = { CROWDSEC_API_URL: lapi.url, CROWDSEC_BOUNCER_API_KEY: lapi.key, HTTP_LISTEN: 'off' };
  await using connector = new ConnectorProcess({
    app: 'firewall',
    file: 'bundle',
    env: { ...env, FIREWALL_MODE: 'nftables' },
  });
  await until('ours is loaded', isLoaded);
  tell('ours', start, connector.pid);
}

async function theirs(lapi: LapiSandbox, program: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-go-'));
  const config = path.join(folder, 'config.yaml');
  const table = (family: string): string =>
    `{enabled: true, table: ${family}, chain: ${family}-chain, set-only: false}`;
  writeFileSync(
    config,
    `mode: nftables
update_frequency: 2s
log_mode: stdout
api_url: ${lapi.url}/
api_key: go-key
deny_action: DROP
disable_ipv6: false
nftables:
  ipv4: ${table('crowdsec')}
  ipv6: ${table('crowdsec6')}
`,
  );
  const start = performance.now();
  const child = spawn(program, ['-c', config], { stdio: 'ignore' });
  try {
    await until('the peer is loaded', isLoaded);
    tell('peer', start, child.pid ?? 0);
  } finally {
    child.kill();
    rmSync(folder, { recursive: true });
  }
}

/** Looks once a second: to count the kernel's entries is dear. */
async function isLoaded(): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const list = execFileSync('nft', ['list', 'ruleset'], { maxBuffer: 1 << 28 }).toString();
  return (list.match(/ timeout \d/g)?.length ?? 0) >= amount * 0.98;
}

function tell(who: string, start: number, pid: number): void {
  const seconds = (performance.now() - start) / 1000;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const peak = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  const cpu = (Number(fields[11]) + Number(fields[12])) / 100;
  console.log(`${who}: loaded in ${seconds.toFixed(1)} s, CPU ${cpu.toFixed(2)} s, peak ${peak.toFixed(0)} MB`);
}
