import { existsSync } from 'node:fs';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { pluginModule } from '../src/plugin/documents.ts';
import { noPlugin, placePlugin } from './real-plugin.ts';
import { CDN, noTraefik, TraefikLab } from './traefik-lab.ts';

const reason = noTraefik ?? noPlugin;
const banned = '203.0.113.7';

/** A Traefik with the real plugin inside, and the configuration that the connector writes for it. */
async function pluginLab(env: Readonly<Record<string, string>> = {}): Promise<TraefikLab> {
  const lab = await TraefikLab.create({ TRAEFIK_LISTEN: 'off', TRAEFIK_TRUSTED_PROXIES: CDN, ...env });
  placePlugin(lab.folder);
  lab.lapi.decisions.add({ value: banned, duration: 3600 });
  lab.lapi.decisions.add({ value: '2001:db8::7', duration: 3600 });
  lab.lapi.decisions.add({ value: '203.0.114.0/24', scope: 'Range', duration: 3600 });
  lab.start();
  await until('the configuration', () => existsSync(path.join(lab.output, 'crowdsec.yml')));
  lab.route(['crowdsec@file']);
  await lab.startTraefik([`--experimental.localPlugins.crowdsec.moduleName=${pluginModule}`]);
  return lab;
}

describe.skipIf(reason !== undefined)(`A real Traefik with the real plugin (${reason ?? 'ready'})`, () => {
  it('refuses who is banned and lets in everybody else, also behind a proxy that it trusts', async () => {
    await using lab = await pluginLab();
    await until('the middleware', async () => (await lab.ask()) === 200);
    await until('the list of the plugin', async () => (await lab.ask({ from: banned })) === 403);
    expect(await lab.ask({ from: '2001:db8::7' })).toBe(403);
    expect(await lab.ask({ from: banned, headers: { 'X-Forwarded-For': '198.51.100.1' } })).toBe(403);
    expect(await lab.ask({ from: CDN, headers: { 'X-Forwarded-For': banned } })).toBe(403);
    expect(await lab.ask({ from: CDN, headers: { 'X-Forwarded-For': '198.51.100.1' } })).toBe(200);
    lab.lapi.decisions.add({ value: '198.51.100.1', duration: 3600 });
    await until('a new ban', async () => (await lab.ask()) === 403);
    lab.lapi.decisions.delete('198.51.100.1');
    await until('its end', async () => (await lab.ask()) === 200);
  });

  // Of version 1.7.1; when this turns red the concern about ranges in stream mode can go.
  it('lets clients in banned ranges pass in stream mode, as the page and the README say, and not in live mode', async () => {
    for (const [mode, status] of [
      ['stream', 200],
      ['live', 403],
    ] as const) {
      await using lab = await pluginLab({ TRAEFIK_PLUGIN: JSON.stringify({ crowdsecMode: mode }) });
      await until('who is banned is refused', async () => (await lab.ask({ from: banned })) === 403);
      expect([mode, await lab.ask({ from: '203.0.114.9' })]).toEqual([mode, status]);
    }
  });
});
