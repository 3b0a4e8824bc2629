// usage: node tools/bench/traefik.ts [lookup] [auth]     (after `npm run build`; both by default)
// Prints figures of the Traefik connector in forwardauth mode at 100,000 decisions. Asserts nothing.
//   lookup  a look into the block list against a Map.get of the same texts, in the same run
//   auth    requests a second of the endpoint against a bare node:http server that answers 204, in turns
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, decisionMix, startLapi, until } from '@bouncer/sandbox';
import { parseNetwork } from '@bouncer/stream';
import { makeWords, readAddress } from '../../apps/traefik/src/forward-auth/address-words.ts';
import { BlockList } from '../../apps/traefik/src/forward-auth/block-list.ts';
import { load } from './http-load.ts';
import type { Round } from './http-load.ts';

const mix = { capi: 60_000, lists: 38_000, local: 2000 };
const wanted = process.argv.slice(2);
const clean = Array.from({ length: 50_000 }, (_, index) => `198.18.${index >> 8}.${index & 255}`);

if (isWanted('lookup')) lookup();
if (isWanted('auth')) await auth();

function isWanted(name: string): boolean {
  return wanted.length === 0 || wanted.includes(name);
}

function lookup(): void {
  const list = new BlockList();
  const words = makeWords();
  const map = new Map<string, number>();
  const networks = decisionMix(mix)
    .map(({ value }) => parseNetwork(value))
    .filter((network) => network !== undefined);
  for (const network of networks) {
    list.set(network, 5000);
    map.set(network, 5000);
  }
  const singles = networks.filter((network) => !network.includes('/'));
  const kinds = {
    'IPv4, half of them blocked': mixed(
      singles.filter((text) => !text.includes(':')),
      clean,
    ),
    'IPv6, half of them blocked': mixed(
      singles.filter((text) => text.includes(':')),
      clean.map((_, index) => `2001:db8:${(index % 9999).toString(16)}::${index.toString(16)}`),
    ),
  };
  print(`lookup: ${map.size} networks, ${networks.length - singles.length} of them ranges`);
  for (const [name, texts] of Object.entries(kinds)) {
    const rows = Array.from({ length: 7 }, () => {
      const ours = nanoseconds(
        fresh(texts),
        (text) => readAddress(text, 0, text.length, words) && list.covers(words, 1000),
      );
      const bare = nanoseconds(fresh(texts), (text) => map.get(text) !== undefined);
      return { ours, bare };
    });
    const ours = median(rows.map((row) => row.ours));
    const bare = median(rows.map((row) => row.bare));
    print(`  ${name}: ${ours.toFixed(0)} ns, Map.get ${bare.toFixed(0)} ns: ${(ours / bare).toFixed(2)} times`);
  }
}

async function auth(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const bare = spawn(process.execPath, [path.join(import.meta.dirname, 'bare-server.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(bare.stdout, 'data')) as [Buffer];
    await using lapi = await startLapi({ decisions: decisionMix(mix) });
    await using connector = new ConnectorProcess({
      app: 'traefik',
      file: 'bundle',
      nodeFlags: (process.env['NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== ''),
      env: {
        CROWDSEC_API_URL: lapi.url,
        CROWDSEC_BOUNCER_API_KEY: lapi.key,
        TRAEFIK_MODE: 'forwardauth',
        TRAEFIK_LISTEN: '127.0.0.1:0',
        TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
        TRAEFIK_OUTPUT_DIR: folder,
        HTTP_LISTEN: '127.0.0.1:0',
      },
    });
    await until('in step', () => connector.stdout.includes('written to the device'));
    const port = Number(/"port":(\d+)/.exec(connector.stdout)?.[1]);
    const servers = { bare: { port: Number(line.toString()), pid: bare.pid ?? 0 }, ours: { port, pid: connector.pid } };
    const blocked = decisionMix(mix)
      .map(({ value }) => value)
      .filter((value) => !value.includes('/'));
    print(`auth: ${/"created":(\d+)/.exec(connector.stdout)?.[1] ?? '?'} networks, 32 connections, in turns`);
    for (const [name, addresses] of [
      ['clean clients', clean],
      ['half of them blocked', mixed(clean, blocked)],
    ] as const) {
      await compare(name, servers, addresses.map(request));
    }
    const { peak, now } = await connector.memory();
    print(`  memory: peak (VmHWM) ${peak.toFixed(1)} MB, now ${now.toFixed(1)} MB`);
  } finally {
    bare.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Server {
  readonly port: number;
  readonly pid: number;
}

async function compare(
  name: string,
  servers: { bare: Server; ours: Server },
  requests: readonly Buffer[],
): Promise<void> {
  const pairs: { readonly bare: Figure; readonly ours: Figure }[] = [];
  for (let round = 0; round < 16; round += 1) {
    // Short rounds, the two in turns and each of them first as often: the machine is seldom alone.
    const [first, second] = round % 2 === 0 ? (['bare', 'ours'] as const) : (['ours', 'bare'] as const);
    const one = await measure(servers[first], requests);
    const other = await measure(servers[second], requests);
    const pair = first === 'bare' ? { bare: one, ours: other } : { bare: other, ours: one };
    if (round > 1) pairs.push(pair);
  }
  const rate = (which: 'bare' | 'ours') => median(pairs.map((pair) => pair[which].rate)).toFixed(0);
  const cost = (which: 'bare' | 'ours') => median(pairs.map((pair) => pair[which].cost)).toFixed(1);
  const statuses = JSON.stringify([...(pairs[0]?.ours.statuses ?? [])]);
  const share = percent(median(pairs.map(({ bare, ours }) => ours.rate / bare.rate)));
  const cpuShare = percent(median(pairs.map(({ bare, ours }) => bare.cost / ours.cost)));
  print(
    `  ${name}: ${rate('ours')}/s, bare ${rate('bare')}/s: ${share} (median of ${pairs.length} pairs); statuses ${statuses}`,
  );
  print(`    CPU of the server: ${cost('ours')} us a request, bare ${cost('bare')} us: ${cpuShare}`);
}

interface Figure {
  /** Requests a second. */
  readonly rate: number;
  /** Microseconds of the server's CPU a request. */
  readonly cost: number;
  readonly statuses: Round['statuses'];
}

async function measure({ port, pid }: Server, requests: readonly Buffer[]): Promise<Figure> {
  const before = await cpuOf(pid);
  const { requests: count, seconds, statuses } = await load(port, requests, 32, 1);
  return { rate: count / seconds, cost: (((await cpuOf(pid)) - before) / count) * 1e6, statuses };
}

async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function request(address: string): Buffer {
  const headers = [
    'Host: bouncer',
    'X-Forwarded-Method: GET',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Uri: /',
    `X-Forwarded-For: ${address}`,
  ];
  return Buffer.from(`GET /v1/forward-auth HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
}

function nanoseconds(texts: readonly string[], work: (text: string) => boolean): number {
  let found = 0;
  const start = performance.now();
  for (const text of texts) if (work(text)) found += 1;
  const elapsed = performance.now() - start;
  if (found === 0) throw new Error('nothing was found');
  return (elapsed * 1e6) / texts.length;
}

/** New strings, as they come out of a request: no hash is known of them yet. */
function fresh(texts: readonly string[]): string[] {
  return texts.map((text) => Buffer.from(text).toString('latin1'));
}

function mixed(a: readonly string[], b: readonly string[]): string[] {
  const count = 100_000;
  return Array.from({ length: count }, (_, index) => {
    const list = index % 2 === 0 ? a : b;
    return list[(Math.imul(index, 2_654_435_761) >>> 0) % list.length] ?? '';
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function print(line: string): void {
  console.log(line);
}
