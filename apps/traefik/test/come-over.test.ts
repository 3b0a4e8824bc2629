import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess, freePort, startLapi, until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { importEnvironment } from '../src/come-over.ts';
import { get } from './real-proxy.ts';

const banned = '203.0.113.7';

describe('who comes from traefik-crowdsec-bouncer', () => {
  it('starts with its variables, and is answered where it was asked', async () => {
    await using lapi = await startLapi();
    lapi.decisions.add({ value: banned, duration: 3600 });
    lapi.decisions.add({ value: '203.0.114.0/24', scope: 'Range', duration: 3600 });
    const folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const port = await freePort();
    await using connector = new ConnectorProcess({
      app: 'traefik',
      env: {
        CROWDSEC_BOUNCER_API_KEY: lapi.key,
        CROWDSEC_AGENT_HOST: new URL(lapi.url).host,
        CROWDSEC_BOUNCER_BAN_RESPONSE_CODE: '418',
        CROWDSEC_BOUNCER_LOG_LEVEL: '1',
        CROWDSEC_BOUNCER_CLOUDFLARE: 'true',
        TRUSTED_PROXIES: '127.0.0.1',
        GIN_MODE: 'release',
        PORT: String(port),
        TRAEFIK_OUTPUT_DIR: folder,
        HTTP_LISTEN: 'off',
      },
    });
    await until('the first decisions', () => connector.stdout.includes('written to the device'));
    const ask = async (address: string): Promise<number> =>
      (await get(port, { 'X-Forwarded-For': address }, '/api/v1/forwardAuth')).status;
    expect([await ask(banned), await ask('203.0.114.9'), await ask('198.51.100.1')]).toEqual([418, 418, 204]);
    expect((await get(port, {}, '/api/v1/ping')).status).toBe(200);
    expect((await get(port, {}, '/api/v1/forwardAuthor')).status).toBe(404);
    expect(connector.stdout).toContain('CROWDSEC_BOUNCER_CLOUDFLARE');
    expect(connector.stdout + connector.stderr).not.toContain('is not a setting');
  });

  it('is asked for its proxies, which counted as all addresses there', async () => {
    const env = { CROWDSEC_BOUNCER_API_KEY: 'a-key', CROWDSEC_AGENT_HOST: '127.0.0.1:1', TRUSTED_PROXIES: '0.0.0.0/0' };
    for (const TRUSTED_PROXIES of ['', '0.0.0.0/0']) {
      await using connector = new ConnectorProcess({ app: 'traefik', env: { ...env, TRUSTED_PROXIES } });
      expect(await connector.ended).toBe(2);
      expect(connector.stderr).toContain('TRAEFIK_TRUSTED_PROXIES');
    }
  });

  it('is known by CROWDSEC_AGENT_HOST alone, and our own variables count more', () => {
    expect(importEnvironment({ PORT: '8080', TRUSTED_PROXIES: '10.0.0.1' })).toBeUndefined();
    const all = {
      CROWDSEC_AGENT_HOST: 'crowdsec:8080',
      CROWDSEC_BOUNCER_SCHEME: 'https',
      CROWDSEC_BOUNCER_SKIPRFC1918: 'false',
    };
    expect(importEnvironment(all)?.values).toEqual({
      CROWDSEC_API_URL: 'https://crowdsec:8080',
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_LISTEN: '0.0.0.0:8080',
      BLOCK_PRIVATE_NETWORKS: 'true',
    });
  });
});
