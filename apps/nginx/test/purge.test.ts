import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { startLapi } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { luaModules, nginxMissing, streamModules } from './debian-nginx.ts';
import { runHere } from './run-here.ts';
import { RealNginx } from './real-nginx.ts';
import type { NginxOptions } from './real-nginx.ts';

const reason = await nginxMissing();
const bad = '45.83.64.1';

async function setUp(mode: 'lua' | 'geo' | 'stock', more: Readonly<Record<string, string>> = {}) {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  lapi.decisions.add({ value: bad, duration: 3600, origin: 'cscli', scenario: 'test' });
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    NGINX_MODE: mode,
    NGINX_OUTPUT_DIR: nginx.output,
    HTTP_LISTEN: 'off',
    ...more,
  };
  const run = (command: string) => runHere(command, env);
  expect((await run('sync')).code).toBe(0);
  return { nginx, lapi, run };
}

/** Everything of the folder that NGINX can be told to read. */
function everyInclude({ output }: RealNginx): NginxOptions {
  const existing = (names: readonly string[]) =>
    names.map((name) => (existsSync(path.join(output, name)) ? `include ${output}/${name};` : '')).join('\n');
  return {
    modules: [...luaModules, ...streamModules],
    http: existing(['crowdsec.conf', 'crowdsec-geo.conf']),
    server: `${existing(['crowdsec-geo-server.conf', 'crowdsec-return.conf'])}
      location = /in { ${existing(['crowdsec-server.conf', 'crowdsec-off.conf'])} try_files /page.html =404; }`,
    main: `stream { ${existing(['crowdsec-stream.conf'])}
      map $crowdsec_blocked $service { 0 127.0.0.1:9; 1 crowdsec_nowhere; }
      server { listen unix:${output}/../stream.sock; proxy_pass $service; } }`,
  };
}

const contents = ({ output }: RealNginx) =>
  readdirSync(output)
    .map((name) => readFileSync(path.join(output, name), 'latin1'))
    .join('\n');

describe.skipIf(reason !== undefined)(`purge (${reason ?? 'ready'})`, () => {
  it.each([
    ['lua', { NGINX_STREAM: 'true', NGINX_STATUS_URL: 'http://127.0.0.1:9462' }],
    ['geo', {}],
  ] as const)('in %s mode leaves a configuration that passes, and blocks nobody', async (mode, more) => {
    const { nginx, run } = await setUp(mode, more);
    await nginx.configure(everyInclude(nginx));
    await nginx.start();
    expect(await nginx.status(bad)).toBe(403);
    const { code, stdout } = await run('purge');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/1 entry removed\n.*holds only empty files now/)]);
    // Lua needs no reload for it.
    if (mode === 'lua') await nginx.everyWorker(bad, 200);
    expect(nginx.test()).toBeUndefined();
    await nginx.reload();
    expect([await nginx.status(bad), await nginx.status(bad, '/in')]).toEqual([200, 200]);
    const names = readdirSync(nginx.output);
    expect(names.filter((name) => /ranges|prefixes|status/.test(name))).toEqual([]);
    expect(contents(nginx)).not.toContain(bad);
    const texts = names.filter((name) => /\.(conf|lua)$/.test(name));
    const said = texts.map((name) => [name, /Purged by/.test(readFileSync(path.join(nginx.output, name), 'utf8'))]);
    expect(said).toEqual(texts.map((name) => [name, true]));
    expect((await run('purge')).stdout).toContain('0 entries removed');
    expect(readdirSync(nginx.output)).toEqual(names);
  });

  it('leaves no key in stock mode, and a settings file that switches the official package off', async () => {
    const { nginx, lapi, run } = await setUp('stock');
    expect(contents(nginx)).toContain(lapi.key);
    expect(lapi.requests.all).toEqual([]);
    expect((await run('purge')).code).toBe(0);
    expect(readdirSync(nginx.output)).toEqual(['crowdsec-nginx-bouncer.conf']);
    expect(contents(nginx)).toMatch(/^#.*\nENABLED=false\n$/);
    expect(statSync(path.join(nginx.output, 'crowdsec-nginx-bouncer.conf')).mode & 0o777).toBe(0o600);
  });
});
