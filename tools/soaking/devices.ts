import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { REAL_SCAN_US_PER_ROW, startPfSense, startRouterOs } from '@bouncer/sandbox';
import { readRows } from '../../apps/haproxy/src/answers.ts';
import { calm, RealHaproxy } from '../../apps/haproxy/test/real-haproxy.ts';
import { decodeDecisions } from '../../apps/nginx/src/decisions/decode.ts';

/** What a connector under soak writes to. */
export interface Device extends AsyncDisposable {
  /** Settings that lead there. */
  readonly env: Readonly<Record<string, string>>;
  /** Things that go wrong with it, in turns. */
  readonly faults: readonly (() => void)[];
  /** Those of the addresses that it blocks. */
  blocked(addresses: readonly string[]): Promise<readonly string[]>;
}

/** The device of each connector. */
export const devices: Readonly<Record<string, () => Promise<Device>>> = {
  mikrotik,
  pfsense,
  nginx,
  traefik,
  haproxy,
  firewall,
};

async function mikrotik(): Promise<Device> {
  const router = await startRouterOs({ scanUsPerRow: REAL_SCAN_US_PER_ROW });
  return {
    env: {
      MIKROTIK_HOST: `${router.host}:${router.port}`,
      MIKROTIK_USER: 'crowdsec',
      MIKROTIK_PASSWORD: 'secret',
      MIKROTIK_TLS: 'false',
    },
    faults: [
      () => {
        router.kill();
      },
      () => {
        router.dropReplyAfterExecuting(3);
      },
      () => {
        router.reboot();
      },
    ],
    blocked: (addresses) => {
      const held = new Set(router.rows(undefined, 'crowdsec').map(({ address }) => address.replace(/\/128$/, '')));
      return Promise.resolve(addresses.filter((address) => held.has(address)));
    },
    [Symbol.asyncDispose]: () => router.close(),
  };
}

async function pfsense(): Promise<Device> {
  const firewall = await startPfSense();
  return {
    env: {
      PFSENSE_HOST: `${firewall.host}:${firewall.port}`,
      PFSENSE_PASSWORD: 'pfsense',
      PFSENSE_HOST_KEY: firewall.hostKeyFingerprint,
    },
    faults: [
      () => {
        firewall.link.cut();
      },
      () => {
        firewall.firewall.reload();
      },
      () => {
        firewall.firewall.reboot();
        firewall.link.cut();
      },
    ],
    blocked: (addresses) => {
      const held = new Set(firewall.entriesOf());
      return Promise.resolve(addresses.filter((address) => held.has(address)));
    },
    [Symbol.asyncDispose]: () => firewall.close(),
  };
}

function folder(): { readonly output: string } & AsyncDisposable {
  const output = mkdtempSync(path.join(tmpdir(), 'soak-'));
  return {
    output,
    [Symbol.asyncDispose]: () => {
      rmSync(output, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

function nginx(): Promise<Device> {
  const { output, [Symbol.asyncDispose]: dispose } = folder();
  const file = path.join(output, 'decisions.bin');
  return Promise.resolve({
    env: { NGINX_OUTPUT_DIR: output },
    faults: [
      () => {
        rmSync(file, { force: true });
      },
      () => {
        if (existsSync(file)) truncateSync(file, 100);
      },
    ],
    blocked: (addresses) => {
      const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
      const held = new Set<string>([...(decodeDecisions(bytes) ?? [])].map(({ network }) => network));
      return Promise.resolve(addresses.filter((address) => held.has(address)));
    },
    [Symbol.asyncDispose]: dispose,
  });
}

function traefik(): Promise<Device> {
  const { output, [Symbol.asyncDispose]: dispose } = folder();
  const port = 39_461;
  const ask = (address: string): Promise<boolean> =>
    new Promise((resolve) => {
      const headers = { 'x-forwarded-for': address };
      request({ host: '127.0.0.1', port, path: '/v1/forward-auth', headers }, (response) => {
        response.resume();
        resolve(response.statusCode === 403);
      })
        // Not open yet, or being cut: nothing is blocked there.
        .on('error', () => {
          resolve(false);
        })
        .end();
    });
  return Promise.resolve({
    env: {
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_OUTPUT_DIR: output,
      TRAEFIK_LISTEN: `127.0.0.1:${port}`,
      TRAEFIK_TRUSTED_PROXIES: '127.0.0.1',
    },
    faults: [
      () => {
        rmSync(path.join(output, 'crowdsec.yml'), { force: true });
      },
    ],
    blocked: async (addresses) => {
      const found: string[] = [];
      for (let start = 0; start < addresses.length; start += 50) {
        const some = addresses.slice(start, start + 50);
        const answers = await Promise.all(some.map(ask));
        found.push(...some.filter((_, index) => answers[index]));
      }
      return found;
    },
    [Symbol.asyncDispose]: dispose,
  });
}

/** A real one, of Debian's package. */
async function haproxy(): Promise<Device> {
  const haproxy = new RealHaproxy();
  await haproxy.start();
  // It may be between two processes: then nothing is told, and the next look tells more.
  const ask = (line: string): Promise<string> => haproxy.api.ask(line, calm).catch(() => '\n');
  return {
    env: haproxy.env,
    faults: [
      () => void ask(`clear acl ${haproxy.acl}`),
      () => void haproxy.reload().catch(() => undefined),
      () => {
        truncateSync(haproxy.acl, 100);
      },
    ],
    blocked: async (addresses) => {
      const rows = readRows(await ask(`show acl ${haproxy.acl}`)).map(({ text }) => text);
      const held = new Set<string>(rows);
      return addresses.filter((address) => held.has(address));
    },
    [Symbol.asyncDispose]: () => haproxy[Symbol.asyncDispose](),
  };
}

/** The kernel's own, in the network namespace that main.ts has made. */
function firewall(): Promise<Device> {
  // The whole ruleset: it is there before the connector's table is.
  const list = (): string => execFileSync('nft', ['list', 'ruleset'], { maxBuffer: 1 << 28 }).toString();
  return Promise.resolve({
    env: { FIREWALL_MODE: 'nftables' },
    faults: [
      () => {
        execFileSync('nft', ['flush', 'set', 'inet', 'crowdsec', 'crowdsec_lists4']);
      },
      () => {
        execFileSync('nft', ['flush', 'ruleset']);
      },
    ],
    blocked: (addresses) => {
      const held = new Set([...list().matchAll(/([0-9a-f:.]+) timeout/g)].map(([, address]) => address));
      return Promise.resolve(addresses.filter((address) => held.has(address)));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}
