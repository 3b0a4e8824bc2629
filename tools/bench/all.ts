// usage: tools/bench/all     the benches that have a floor or a peer to be held against, as one table. Asserts nothing.
import { spawn } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

/** A row: which bench, and where its figures are in what it prints. */
interface Row {
  readonly what: string;
  readonly bench: readonly string[];
  readonly ours: RegExp;
  /** What nobody can be faster than, on the same machine in the same run. */
  readonly floor?: RegExp;
  readonly peer?: { readonly name: string; readonly variable: string; readonly found: RegExp };
  readonly memory?: RegExp;
  readonly cpu?: RegExp;
  /** Variables without which it cannot run at all. */
  readonly needs?: readonly string[];
}

const rows: readonly Row[] = [
  {
    what: 'firewall: 100,000 into the kernel, s; floor: `nft -f`',
    bench: ['firewall.ts'],
    ours: /load: ([\d.]+) s/,
    floor: /plain nft -f of the same: ([\d.]+) s/,
    memory: /peak \(VmHWM\) ([\d.]+) MB/,
  },
  {
    what: 'firewall: the same from a stand-in, s',
    bench: ['firewall-peer.ts'],
    ours: /ours: loaded in ([\d.]+) s/,
    peer: { name: 'Go bouncer', variable: 'GO_FIREWALL_BOUNCER', found: /peer: loaded in ([\d.]+) s/ },
    memory: /ours: .* peak (\d+) MB/,
    cpu: /ours: .* CPU ([\d.]+) s/,
  },
  {
    what: 'MikroTik: 30,000 rows at 0.25 ms a command, s',
    bench: ['mikrotik-peer.ts', '30000', '0.25', 'cold'],
    ours: /ours: \d+ rows in ([\d.]+) s/,
    peer: { name: 'cs-routeros-bouncer', variable: 'CS_ROUTEROS_BOUNCER', found: /peer: \d+ rows in ([\d.]+) s/ },
    memory: /ours: .* peak (\d+) MB/,
    cpu: /ours: .* CPU ([\d.]+) s/,
  },
  {
    what: 'MikroTik: cold sync of 30,000, s; floor: the router alone',
    bench: ['mikrotik.ts', 'sync'],
    ours: /^ {2}([\d.]+) s, floor/m,
    floor: /floor ([\d.]+) s/,
  },
  {
    what: 'pfSense: cold sync of 50,000, s; floor: `ssh pfctl -T replace`',
    bench: ['pfsense.ts'],
    ours: /; cold ([\d.]+) s/,
    floor: /: plain ([\d.]+) s; cold/,
    memory: /cold sync: .*, (\d+) MB/,
  },
  {
    what: 'NGINX: worker CPU of a clean request, us; floor: no Lua',
    bench: ['nginx.ts', 'request'],
    ours: /\/ours +([\d.]+)/,
    floor: /\/base +([\d.]+)/,
  },
  {
    what: 'forward-auth: CPU of an answer, us; floor: a bare HTTP server',
    bench: ['traefik.ts', 'auth'],
    ours: /CPU of the server: ([\d.]+) us/,
    floor: /a request, bare ([\d.]+) us/,
    memory: /peak \(VmHWM\) ([\d.]+) MB/,
  },
  {
    what: 'through Traefik: CPU of a request, us; floor: no middleware',
    bench: ['traefik-through.ts', '3'],
    needs: ['TRAEFIK_BIN'],
    ours: /^http .* ([\d.]+) us a request/m,
    floor: /^none .* ([\d.]+) us a request/m,
    peer: { name: "Traefik's plugin", variable: 'PLUGIN_SRC', found: /^plugin .* ([\d.]+) us a request/m },
  },
];

const skipped = ["CrowdSec's Lua bouncer (LUA_CS_BOUNCER): its verdicts are compared by a test, its speed by no bench"];
console.log(`${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB\n`);
print('', 'ours', 'floor', 'ours / floor', 'peer', 'ours / peer', 'our peak, MB', 'our CPU, s');
print(...Array.from({ length: 8 }, () => '---'));
for (const row of rows) await measure(row);
console.log(`\nnot measured:\n${skipped.map((line) => `- ${line}`).join('\n')}`);

async function measure({ what, bench, ours, floor, peer, memory, cpu, needs = [] }: Row): Promise<void> {
  const missing = needs.filter((name) => process.env[name] === undefined);
  if (missing.length > 0) {
    skipped.push(`${what}: ${missing.join(', ')} not set`);
    return;
  }
  if (peer && process.env[peer.variable] === undefined) skipped.push(`${peer.name}: ${peer.variable} not set`);
  const { code, output } = await run(bench);
  const own = numberIn(output, ours);
  if (own === undefined) {
    skipped.push(`${what}: the bench ended with ${code}: ${output.trim().split('\n').at(-1) ?? ''}`);
    return;
  }
  const [least, other] = [numberIn(output, floor), numberIn(output, peer?.found)];
  const ratio = (base: number | undefined): string => (base === undefined ? '' : (own / base).toFixed(2));
  print(
    what,
    own,
    least ?? '',
    ratio(least),
    other === undefined ? '' : `${peer?.name ?? ''}: ${other}`,
    ratio(other),
    numberIn(output, memory) ?? '',
    numberIn(output, cpu) ?? '',
  );
}

function run([file = '', ...args]: readonly string[]): Promise<{
  readonly code: number | null;
  readonly output: string;
}> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, file), ...args]);
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, output });
    });
  });
}

function numberIn(output: string, pattern: RegExp | undefined): number | undefined {
  const found = pattern?.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}

function print(...cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
