import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { crowdsecAlias, freePort, startPfSense, startRouterOs } from '@bouncer/sandbox';
import { HaproxyStandIn } from '../../../apps/bouncer/test/haproxy-stand-in.ts';

/** What is the matter with a device. `hang`: it accepts and never answers. `slow`: 50 ms a command. `full`: half of it fits. */
export type Trouble = 'away' | 'hang' | 'slow' | 'full';

/** One device of the fleet. */
export interface FleetDevice {
  readonly name: string;
  readonly trouble: Trouble | undefined;
  /** Its place in `targets:`. */
  readonly target: Readonly<Record<string, string | number | boolean>>;
  /** True while it stops this address. */
  stops(address: string): boolean | Promise<boolean>;
  close(): Promise<void>;
}

/** As docs/several-targets.md has it for routers. */
const ROUTER_ENTRIES = 30_000;

/** How to start a device of each kind that needs no root; `pfsense-list` is the served list. */
export const kinds = { mikrotik, pfsense, 'pfsense-list': served, nginx, haproxy, traefik } as const;

async function mikrotik(name: string, _folder: string, trouble: Trouble | undefined): Promise<FleetDevice> {
  const full = trouble === 'full' ? { entriesLimit: ROUTER_ENTRIES / 2 } : {};
  const router = await startRouterOs({ serviceTimeMs: trouble === 'slow' ? 50 : 0, ...full });
  if (trouble === 'away') await router.refuse();
  if (trouble === 'hang') router.hang();
  return {
    name,
    trouble,
    target: {
      kind: 'mikrotik',
      host: `${router.host}:${router.port}`,
      user: 'crowdsec',
      password: 'secret',
      tls: false,
      max_entries: ROUTER_ENTRIES,
    },
    // The last commands alone: to look through its rows would cost more than the connector does.
    stops: (address) => router.commands.some(({ attributes }) => attributes['address'] === address),
    close: () => router.close(),
  };
}

async function pfsense(name: string, _folder: string, trouble: Trouble | undefined): Promise<FleetDevice> {
  const device = await startPfSense();
  if (trouble === 'full') device.firewall.limits.tableEntries = device.firewall.total() + 50_000;
  if (trouble === 'away') device.link.down();
  if (trouble === 'hang') device.link.mood = 'hang';
  return {
    name,
    trouble,
    target: {
      kind: 'pfsense',
      host: `${device.host}:${device.port}`,
      password: 'pfsense',
      host_key: device.hostKeyFingerprint,
    },
    stops: (address) => device.firewall.tables.get(crowdsecAlias.name)?.entries.has(address) === true,
    close: () => device.close(),
  };
}

async function served(name: string): Promise<FleetDevice> {
  const port = await freePort();
  return {
    name,
    trouble: undefined,
    target: { kind: 'pfsense', mode: 'serve', listen: `127.0.0.1:${port}` },
    stops: async (address) => `\n${(await ask(port, '/crowdsec_blacklists.txt')).body}`.includes(`\n${address}\n`),
    close: () => Promise.resolve(),
  };
}

function nginx(name: string, folder: string): Promise<FleetDevice> {
  const output = path.join(folder, name);
  mkdirSync(output);
  const file = path.join(output, 'decisions.bin');
  return Promise.resolve({
    name,
    trouble: undefined,
    target: { kind: 'nginx', output_dir: output },
    stops: (address) => {
      if (statSync(file, { throwIfNoEntry: false }) === undefined) return false;
      // As it stands there: least byte first.
      return readFileSync(file).includes(Buffer.from(address.split('.').map(Number).reverse()));
    },
    close: () => Promise.resolve(),
  });
}

async function haproxy(name: string, folder: string, trouble: Trouble | undefined): Promise<FleetDevice> {
  const [socket, acl] = [path.join(folder, `${name}.sock`), path.join(folder, `${name}-list`, 'crowdsec.acl')];
  mkdirSync(path.dirname(acl));
  writeFileSync(acl, '');
  const device = new HaproxyStandIn(socket, acl);
  if (trouble !== 'away') await device.up();
  if (trouble === 'hang') device.mood = 'hang';
  return {
    name,
    trouble,
    target: { kind: 'haproxy', socket, acl },
    stops: (address) => device.rows.has(address),
    close: () => device.down(),
  };
}

async function traefik(name: string, folder: string): Promise<FleetDevice> {
  const port = await freePort();
  const target = { kind: 'traefik', mode: 'forwardauth', trusted_proxies: '127.0.0.1', listen: `127.0.0.1:${port}` };
  return {
    name,
    trouble: undefined,
    target: { ...target, output_dir: path.join(folder, name) },
    stops: async (address) => (await ask(port, '/v1/forward-auth', { 'x-forwarded-for': address })).status === 403,
    close: () => Promise.resolve(),
  };
}

/** One GET; status 0 when nobody answers. `ms` is what it took, to the last byte. */
export function ask(
  port: number,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: string; readonly ms: number }> {
  const start = performance.now();
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path: url, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const body = Buffer.concat(parts).toString('latin1');
        resolve({ status: response.statusCode ?? 0, body, ms: performance.now() - start });
      });
    }).on('error', () => {
      resolve({ status: 0, body: '', ms: performance.now() - start });
    });
  });
}
