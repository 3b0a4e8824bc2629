import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommandLine } from '@bouncer/cli';
import { startLapi, type LapiSandbox } from '@bouncer/sandbox';
import { systemClock } from '@bouncer/stream';
import { programOf } from '@bouncer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kind } from '../src/kind.ts';

let lapi: LapiSandbox;
let folder: string;
beforeEach(async () => {
  lapi = await startLapi();
  folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
});
afterEach(async () => {
  await lapi[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs one command. */
async function command(args: readonly string[], env: Record<string, string> = {}) {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({ write: (text: string) => void (written[name] += text) });
  const { program, env: more } = programOf(kind);
  const code = await runCommandLine(program, args, {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {
      ...more,
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      TRAEFIK_OUTPUT_DIR: folder,
      TRAEFIK_LISTEN: '127.0.0.1:0',
      HTTP_LISTEN: 'off',
      ...env,
    },
    clock: systemClock,
    signal: new AbortController().signal,
    configFolder: '/nowhere',
  });
  return { code, ...written };
}

describe('check --file without a LAPI', () => {
  const nowhere = { CROWDSEC_API_URL: '', CROWDSEC_BOUNCER_API_KEY: '' };
  const sound = `http:
  middlewares:
    crowdsec:
      plugin:
        bouncer: {enabled: true, crowdsecMode: live, defaultDecisionSeconds: 1, crowdsecLapiKey: '{{ env "KEY" }}'}
  services: {app: {loadBalancer: {servers: [{url: "http://192.0.2.1"}]}}}
  routers:
    web: {rule: "PathPrefix(\`/\`)", service: app, middlewares: [crowdsec]}
`;
  const given = (text: string) => {
    const file = path.join(folder, 'dynamic.yml');
    writeFileSync(file, text);
    return ['check', '--file', file];
  };

  it('looks at the files, says that it saw no more, and asks for no settings', async () => {
    const { code, stdout, stderr } = await command(given(sound), nowhere);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^warn configuration no CROWDSEC_API_URL: only these files are looked at/);
    expect(stdout).toMatch(/^warn lint .*templates fill in crowdsecLapiKey/m);
    expect(lapi.requests.pulls).toEqual([]);
    const wrong = await command([...given(sound.replace('[crowdsec]', '[crowdsek]')), '--json'], nowhere);
    const { ok, steps } = JSON.parse(wrong.stdout) as { ok: boolean; steps: { level: string; seen: string }[] };
    expect([wrong.code, ok]).toEqual([1, false]);
    expect(steps.filter(({ level }) => level === 'fail').map(({ seen }) => seen)).toContainEqual(
      expect.stringContaining('names the middleware crowdsek'),
    );
  });

  it('needs none of the settings that running needs, and takes those that files are judged by', async () => {
    const env = { ...nowhere, TRAEFIK_MODE: 'forwardauth', TRAEFIK_PLUGIN_VERSION: 'v1.4.2' };
    expect((await command(given(sound), env)).code).toBe(0);
    const { stdout } = await command(given(sound.replace('live', 'stream')), env);
    expect(stdout).toMatch(/^warn ranges .*cannot be seen without LAPI/m);
    const wrong = await command(given(sound), { ...nowhere, TRAEFIK_VERSION: 'newest' });
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toMatch(/^TRAEFIK_VERSION: /);
  });

  it('is a wrong configuration without files, or with half of the settings', async () => {
    expect((await command(['check'], nowhere)).code).toBe(2);
    const half = await command(given(sound), { CROWDSEC_BOUNCER_API_KEY: '' });
    expect([half.code, half.stdout]).toEqual([2, '']);
    expect(half.stderr).toMatch(/^CROWDSEC_BOUNCER_API_KEY: is missing/);
  });
});
