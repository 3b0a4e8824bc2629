import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, startLapi, until } from '@bouncer/sandbox';
import { expect, it, onTestFinished } from 'vitest';

interface Told {
  readonly targets: readonly {
    readonly state: string;
    readonly concerns: readonly { level: string; seen: string }[];
  }[];
}

it.each([
  ['a key that LAPI takes', undefined, 'warn', 200],
  ['a wrong key', 'wrong-key', 'fail', 503],
] as const)('plugin mode with %s is never all green, and ready only if it is taken', async (_, key, level, ready) => {
  await using lapi = await startLapi();
  const folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  await using connector = new ConnectorProcess({
    app: 'traefik',
    speed: 20,
    env: {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: key ?? lapi.key,
      TRAEFIK_LISTEN: 'off',
      TRAEFIK_OUTPUT_DIR: folder,
      HTTP_LISTEN: '127.0.0.1:0',
    },
  });
  let page = '';
  await until('the page', () => (page = /"url":"(http:[^"]+)"/.exec(connector.stdout)?.[1] ?? '') !== '');
  const told = async (): Promise<Told['targets'][number] | undefined> =>
    ((await (await fetch(`${page}status.json`)).json()) as Told).targets[0];
  await until('the look at the key', async () => !JSON.stringify(await told()).includes('not asked yet'));
  await until('what /readyz says', async () => (await fetch(`${page}readyz`)).status === ready);
  const target = await told();
  expect(target?.concerns[0]?.level).toBe(level);
  expect(target?.concerns.length).toBeGreaterThan(0);
  const looks = lapi.requests.all.map(({ method, path: asked }) => `${method} ${asked}`);
  // The plugin pulls by itself. Once it is asked whether LAPI takes metrics, with what is none.
  expect(looks.filter((look) => look === 'POST /v1/usage-metrics')).toHaveLength(1);
  expect(new Set(looks)).toEqual(new Set(['HEAD /v1/decisions', 'POST /v1/usage-metrics']));
});

it('forward-auth tells on its page of a proxy that is not trusted, with the address to add', async () => {
  await using lapi = await startLapi();
  lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
  const folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  await using connector = new ConnectorProcess({
    app: 'traefik',
    env: {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_TRUSTED_PROXIES: '192.0.2.80',
      TRAEFIK_LISTEN: '127.0.0.1:0',
      TRAEFIK_OUTPUT_DIR: folder,
      HTTP_LISTEN: '127.0.0.1:0',
    },
  });
  await until('the first decisions', () => connector.stdout.includes('written to the device'));
  const [, page = ''] = /"url":"(http:[^"]+)"/.exec(connector.stdout) ?? [];
  const [, port = ''] = /"port":(\d+)/.exec(connector.stdout) ?? [];
  const ask = async (client: string): Promise<number> => {
    const headers = { 'x-forwarded-for': client };
    return (await fetch(`http://127.0.0.1:${port}/v1/forward-auth`, { headers })).status;
  };
  expect([await ask('203.0.113.7'), await ask('198.51.100.1')]).toEqual([403, 204]);
  const status = (await (await fetch(`${page}status.json`)).json()) as Told;
  expect(status.targets[0]?.concerns).toEqual([
    {
      level: 'fail',
      seen: expect.stringContaining('127.0.0.1') as string,
      fix: expect.stringContaining('add 127.0.0.1') as string,
    },
  ]);
  expect(connector.stdout.split('from a peer that is not trusted')).toHaveLength(2);
  const scrape = await (await fetch(`${page}metrics`)).text();
  expect(scrape).toMatch(/requests_untrusted\S* 2\n/);
});
