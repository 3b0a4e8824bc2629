import { existsSync } from 'node:fs';
import path from 'node:path';
import { ConnectorProcess, freePort, until } from '@bouncer/sandbox';
import type { CheckStep } from '@bouncer/target';
import { describe, expect, it } from 'vitest';
import { pluginModule } from '../src/plugin/documents.ts';
import { get } from './real-proxy.ts';
import { noPlugin, placePlugin } from './real-plugin.ts';
import { noTraefik, TraefikLab } from './traefik-lab.ts';

const banned = '203.0.113.7';
const router = { rule: 'PathPrefix(`/`)', service: 'app' };

/** A Traefik with two more ways in: one that trusts this machine, one that does not. */
async function labWith(env: Readonly<Record<string, string>>, flags: readonly string[] = []) {
  const lab = await TraefikLab.create({ TRAEFIK_TRUSTED_PROXIES: '127.0.0.1', ...env });
  lab.lapi.decisions.add({ value: banned, duration: 3600, origin: 'cscli', scenario: 'test' });
  const ways = { trusting: await freePort(), strange: await freePort() };
  const use = (middlewares: readonly string[]): void => {
    const more = middlewares.length > 0 ? { middlewares } : {};
    const to = (name: string): object => ({ ...router, entryPoints: [name], ...more });
    lab.route(middlewares, { trusting: to('trusting'), strange: to('strange') });
  };
  if (env['TRAEFIK_MODE'] === 'plugin') placePlugin(lab.folder);
  const connector = lab.start();
  await until('the middleware', () => existsSync(path.join(lab.output, 'crowdsec.yml')));
  if (env['TRAEFIK_MODE'] !== 'plugin')
    await until('the first decisions', () => connector.stdout.includes('written to the device'));
  use(['crowdsec@file']);
  await lab.startTraefik([
    `--entryPoints.trusting.address=127.0.0.1:${ways.trusting}`,
    '--entryPoints.trusting.forwardedHeaders.trustedIPs=127.0.0.1/32',
    `--entryPoints.strange.address=127.0.0.1:${ways.strange}`,
    ...flags,
  ]);
  /** `level` and text of what check saw through Traefik. */
  const seen = async (way: keyof typeof ways, more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const url = `http://127.0.0.1:${ways[way]}`;
    await using check = new ConnectorProcess({
      app: 'traefik',
      args: ['check', '--json'],
      env: { ...lab.env, TRAEFIK_PROBE_URL: url, ...more },
    });
    await check.ended;
    const { steps } = JSON.parse(check.stdout) as { steps: readonly CheckStep[] };
    const { level, seen: text } = steps.find(({ step }) => step === 'through Traefik')!;
    return `${level} ${text.replace(url, 'URL')}`;
  };
  return { lab, use, ways, seen, [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose]() };
}

describe.skipIf(noTraefik !== undefined)(`check through a real Traefik (${noTraefik ?? 'ready'})`, () => {
  it('proves that a banned address is refused, and says what stands in the way of a proof', async () => {
    await using bench = await labWith({ TRAEFIK_MODE: 'forwardauth' });
    const { lab, use, ways, seen } = bench;
    await until('the router', async () => (await get(ways.trusting, { 'X-Forwarded-For': banned })).status === 403);
    const before = lab.lapi.decisions.active().length;
    expect(await seen('trusting')).toMatch(/^ok URL answered 403 to a banned address and 200 to another one/);
    expect(await seen('strange')).toMatch(/^warn URL asks this connector; but Traefik does not trust this machine/);
    expect(await seen('trusting', { CROWDSEC_BOUNCER_API_KEY: 'another-key' })).toMatch(
      /^fail .*does not ask the connector/,
    );
    use([]);
    await until(
      'nothing is used',
      async () => (await get(ways.trusting, { 'X-Forwarded-For': banned })).status === 200,
    );
    expect(await seen('trusting')).toMatch(
      /^fail URL answered 200 to a banned address, and 200 .*does not ask the connector/,
    );
    expect(await seen('trusting', { DRY_RUN: 'true' })).toBe('warn a dry run refuses nobody');
    expect(lab.lapi.decisions.active()).toHaveLength(before);
  });

  it('asks as who is banned in LAPI where an allow list of Traefik decides', async () => {
    await using bench = await labWith({ TRAEFIK_MODE: 'native' });
    const { ways, seen } = bench;
    await until('the router', async () => (await get(ways.trusting, { 'X-Forwarded-For': banned })).status === 403);
    expect(await seen('trusting')).toMatch(/^ok URL answered 403 to 203\.0\.113\.7, which LAPI has banned, and 200 to/);
  });
});

const reason = noTraefik ?? noPlugin;
describe.skipIf(reason !== undefined)(
  `check through a real Traefik with the real plugin (${reason ?? 'ready'})`,
  () => {
    it('asks as who is banned in LAPI', async () => {
      const flags = [`--experimental.localPlugins.crowdsec.moduleName=${pluginModule}`];
      await using bench = await labWith({ TRAEFIK_MODE: 'plugin', TRAEFIK_LISTEN: 'off' }, flags);
      const { lab, ways, seen } = bench;
      await until('the list', async () => (await get(ways.trusting, { 'X-Forwarded-For': banned })).status === 403);
      expect(await seen('trusting')).toMatch(
        /^ok URL answered 403 to 203\.0\.113\.7, which LAPI has banned, and 200 to/,
      );
      expect(await seen('strange')).toMatch(/^warn URL answered 200 to 203\.0\.113\.7 .*not proven/);
      lab.lapi.decisions.delete(banned);
      expect(await seen('trusting')).toMatch(/^warn LAPI has banned no single address/);
    });
  },
);
