import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  Bubble,
  decisionMix,
  namespacesMissing,
  pfSenseMissing,
  places,
  runConnectorCommand,
  startLapi,
  startPfSense,
  startRouterOs,
} from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';

// What an older version left on a device is taken over by this one as it stands. OLD_BUNDLES is a folder with the older
// version's NAME/main.cjs for each kind, built from its own commit by its own tools/build.ts.
const old = process.env['OLD_BUNDLES'];
const reason = old === undefined ? 'OLD_BUNDLES names no folder of older bundles' : undefined;

/** A device, the settings that lead to it, and what it holds in a form that can be compared. */
interface Device extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly launcher?: readonly string[];
  /** Where it reaches a LAPI of this host; the same address but for a device with a network of its own. */
  lapiAt?(url: string): Promise<string>;
  state(): Promise<unknown>;
  /** Writes that it has seen; undefined where it cannot tell. */
  writes?(): number;
}

function folderDevice(env: (folder: string) => Record<string, string>, kept: RegExp): () => Promise<Device> {
  return () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'upgrade-'));
    return Promise.resolve({
      env: env(folder),
      state: () =>
        Promise.resolve(
          readdirSync(folder)
            .filter((name) => kept.test(name))
            .map((name) => [
              name,
              createHash('sha256')
                .update(readFileSync(path.join(folder, name)))
                .digest('hex'),
            ]),
        ),
      [Symbol.asyncDispose]: () => {
        rmSync(folder, { recursive: true, force: true });
        return Promise.resolve();
      },
    });
  };
}

async function router(): Promise<Device> {
  const device = await startRouterOs({ serviceTimeMs: 0 });
  for (const family of [4, 6] as const)
    device.setRule({ family, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec' });
  return {
    env: {
      MIKROTIK_HOST: `${device.host}:${device.port}`,
      MIKROTIK_USER: 'crowdsec',
      MIKROTIK_PASSWORD: 'secret',
      MIKROTIK_TLS: 'false',
    },
    state: () =>
      Promise.resolve(
        device
          .rows(undefined, 'crowdsec')
          .map(({ id, address }) => `${id} ${address}`)
          .sort(),
      ),
    writes: () => device.counters.writes,
    [Symbol.asyncDispose]: () => device.close(),
  };
}

async function pfSense(): Promise<Device> {
  const device = await startPfSense();
  return {
    env: {
      PFSENSE_HOST: `${device.host}:${device.port}`,
      PFSENSE_PASSWORD: 'pfsense',
      PFSENSE_HOST_KEY: device.hostKeyFingerprint,
    },
    state: () => Promise.resolve([device.entriesOf(), device.fileOf()]),
    writes: () => device.writes,
    [Symbol.asyncDispose]: () => device.close(),
  };
}

async function kernel(): Promise<Device> {
  const bubble = await Bubble.create();
  return {
    env: {},
    launcher: bubble.inside.prefix,
    lapiAt: async (url) => {
      const { port } = new URL(url);
      await bubble.expose(places.lapi, Number(port));
      return url.replace('127.0.0.1', places.lapi);
    },
    state: async () => {
      const listing = await bubble.inside.run('nft list table inet crowdsec');
      // Ends run down by themselves: which networks stand there is compared.
      return listing.match(/[0-9a-f.:]+(\/\d+)?(-[0-9a-f.:]+)? timeout/g)?.sort();
    },
    [Symbol.asyncDispose]: () => bubble[Symbol.asyncDispose](),
  };
}

const devices: readonly (readonly [string, string | undefined, () => Promise<Device>])[] = [
  ['mikrotik', undefined, router],
  ['pfsense', await pfSenseMissing(), pfSense],
  ['nginx', undefined, folderDevice((folder) => ({ NGINX_OUTPUT_DIR: folder }), /^decisions\.bin$/)],
  [
    'traefik',
    undefined,
    folderDevice(
      (folder) => ({ TRAEFIK_OUTPUT_DIR: folder, TRAEFIK_MODE: 'native', TRAEFIK_LISTEN: 'off' }),
      /^crowdsec\.yml$/,
    ),
  ],
  ['firewall', namespacesMissing(), kernel],
];

async function run(app: string, file: string, device: Device, lapi: { url: string; key: string }, ...args: string[]) {
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    HTTP_LISTEN: 'off',
    ...device.env,
  };
  return runConnectorCommand({ app, file, args, env, launcher: device.launcher ?? [] });
}

describe.skipIf(reason !== undefined).each(devices)(
  `an upgrade (${reason ?? 'ready'}) of %s`,
  (app, missing, start) => {
    it.skipIf(missing !== undefined)(
      `takes over what the older version left, with no needless write (${missing ?? 'ready'})`,
      async () => {
        const before = path.join(old ?? '', app, 'main.cjs');
        expect(existsSync(before)).toBe(true);
        await using device = await start();
        await using sandbox = await startLapi({ decisions: decisionMix({ capi: 300, lists: 100, local: 20 }) });
        const lapi = { url: (await device.lapiAt?.(sandbox.url)) ?? sandbox.url, key: sandbox.key };
        const first = await run(app, before, device, lapi, 'sync');
        expect(first.code, first.stdout + first.stderr).toBe(0);
        const left = await device.state();
        const writes = device.writes?.();
        const plan = await run(app, 'source', device, lapi, 'plan', '--json');
        expect(plan.code, plan.stderr).toBe(0);
        const [planned] = [JSON.parse(plan.stdout) as unknown].flat();
        expect(planned).toMatchObject({ create: 0, update: 0, delete: 0 });
        const second = await run(app, 'source', device, lapi, 'sync');
        expect(second.code, second.stdout + second.stderr).toBe(0);
        expect(await device.state()).toEqual(left);
        expect(device.writes?.()).toBe(writes);
      },
    );
  },
);

/** What is required, for those that have more to require than LAPI. */
const required: Readonly<Partial<Record<string, Readonly<Record<string, string>>>>> = {
  mikrotik: { MIKROTIK_HOST: '192.168.88.1', MIKROTIK_USER: 'crowdsec', MIKROTIK_PASSWORD: 'secret' },
  pfsense: {
    PFSENSE_HOST: '192.168.1.1',
    PFSENSE_PASSWORD: 'secret',
    PFSENSE_HOST_KEY: `SHA256:${'A'.repeat(43)}`,
  },
};

describe.skipIf(reason !== undefined)(`settings of an older version (${reason ?? 'ready'})`, () => {
  it.each(devices.map(([app]) => app))('of %s are all understood', async (app) => {
    const given = { CROWDSEC_API_URL: 'http://lapi:8080', CROWDSEC_BOUNCER_API_KEY: 'abc123', ...required[app] };
    const before = path.join(old ?? '', app, 'main.cjs');
    const { stdout } = await runConnectorCommand({ app, file: before, args: ['config'], env: given });
    const lines = stdout.trim().split('\n');
    const said = lines.map((line): [string, string] => {
      const [name = '', value = ''] = line.split(/ {2,}/);
      return [name, value === '-' ? '' : value];
    });
    expect(said.length).toBeGreaterThan(20);
    // Secrets are masked in it.
    const env = { ...Object.fromEntries(said), ...given };
    const now = await runConnectorCommand({ app, args: ['config'], env });
    expect({ code: now.code, stderr: now.stderr }, now.stdout).toEqual({ code: 0, stderr: '' });
    // By its name, or by what it is called now.
    for (const [name, value] of Object.entries(env))
      if (value !== '') expect(now.stdout).toContain(`environment ${name}\n`);
  });
});
