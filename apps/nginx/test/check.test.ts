import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startLapi } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { NGINX, luaModules, nginxMissing, streamModules } from './debian-nginx.ts';
import { runHere } from './run-here.ts';
import { RealNginx } from './real-nginx.ts';
import type { NginxOptions } from './real-nginx.ts';

const reason = await nginxMissing();

/** A synced folder, an NGINX with these options (OUTPUT is the folder), and `check` beside it. */
async function setUp(options: NginxOptions, more: Readonly<Record<string, string>> = {}, sub = '') {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  lapi.decisions.add({ value: '45.83.64.1', duration: 3600, origin: 'cscli', scenario: 'test' });
  const output = path.join(nginx.output, sub);
  mkdirSync(output, { recursive: true });
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    NGINX_OUTPUT_DIR: output,
    HTTP_LISTEN: 'off',
    ...more,
  };
  const run = (command: string) => runHere(command, env);
  expect((await run('sync')).code).toBe(0);
  const filled = Object.entries(options).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === 'string' ? value.replaceAll('OUTPUT', output) : value,
  ]);
  await nginx.configure(Object.fromEntries(filled) as NginxOptions);
  const bin = path.join(nginx.folder, 'bin');
  mkdirSync(bin);
  const line = `exec ${NGINX} -p ${nginx.folder} -c ${nginx.conf} -e ${nginx.folder}/error.log "$@"`;
  writeFileSync(path.join(bin, 'nginx'), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const check = async () => (await run('check')).stdout;
  return { nginx, output, run, check };
}

describe('check with what nginx -T has printed elsewhere', () => {
  it('looks at it as at one of its own, and takes nothing else', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dump-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const file = (name: string, text: string): string => {
      const to = path.join(folder, name);
      writeFileSync(to, text);
      return to;
    };
    const head = '# configuration file /etc/nginx/nginx.conf:\n';
    const include = 'http { include /output/crowdsec.conf; server { listen 80; } }\n';
    const ours = '# configuration file /output/crowdsec.conf:\naccess_by_lua_no_postpone on; access_by_lua_block { }\n';
    const run = async (...args: string[]) =>
      (await runHere(['check', ...args], { ...settings, NGINX_OUTPUT_DIR: folder, NGINX_CONFIG_DIR: '/output' }))
        .stdout;
    expect(await run(file('good', head + include + ours))).toMatch(/^ok +include +\/output\/crowdsec\.conf$/m);
    expect(await run(file('bare', `${head}http { server { listen 80; } }\n`))).toMatch(/^FAIL +include /m);
    expect(await run(file('other', 'hello\n'))).toMatch(/^FAIL +given configuration +.* is not from `nginx -T`$/m);
    expect((await runHere(['plan', 'x'], settings)).code).toBe(2);
    expect((await runHere(['check', 'x', 'y'], settings)).code).toBe(2);
  });
});

const settings = {
  CROWDSEC_API_URL: 'http://127.0.0.1:1',
  CROWDSEC_BOUNCER_API_KEY: 'key',
  HTTP_LISTEN: 'off',
};
const whole = 'include OUTPUT/crowdsec.conf;';

describe.skipIf(reason !== undefined)(`check, beside a real NGINX (${reason ?? 'ready'})`, () => {
  it('is content with what is in force', async () => {
    const { nginx, check } = await setUp({ http: whole });
    await nginx.start();
    const text = await check();
    for (const step of [
      'include',
      'other handlers',
      'before passwords',
      'bare returns',
      'running',
      'readable by nginx',
    ]) {
      expect(text).toMatch(new RegExp(`^ok ${step} `, 'm'));
    }
  });

  it.each<[string, NginxOptions, RegExp]>([
    ['a server that is open', { http: 'include OUTPUT/crowdsec-some.conf;' }, /^FAIL include .*nothing is blocked/m],
    [
      'only a location that is protected',
      { server: 'location /x { include OUTPUT/crowdsec-server.conf; }' },
      /^warn include not protected as a whole: server on[^]*^warn before passwords .*guessing/m,
    ],
    [
      'bare returns',
      { http: whole, server: 'location = /health { return 200; }' },
      /^warn bare returns location = \/health of server .*\n.*crowdsec-return\.conf;/m,
    ],
    [
      'a handler in our place',
      { http: whole, server: 'location /x { access_by_lua_block { local x = "}" } }' },
      /^FAIL other handlers location \/x/m,
    ],
    ['no code cache', { http: `${whole} lua_code_cache off;` }, /^warn code cache /m],
    [
      'services of the stream block',
      {
        http: whole,
        modules: [...luaModules, ...streamModules],
        main: 'stream { server { listen unix:OUTPUT/s.sock; proxy_pass 127.0.0.1:9; } }',
      },
      /^warn stream services .*s\.sock/m,
    ],
  ])('tells of %s', async (_, options, line) => {
    const { check, nginx } = await setUp(options);
    expect(nginx.test()).toBeUndefined();
    expect(await check()).toMatch(line);
  });

  it('tells that none runs, and that one was not reloaded', async () => {
    const { nginx, check } = await setUp({});
    expect(await check()).toMatch(/^warn running no NGINX/m);
    await nginx.start();
    await nginx.configure({ http: `include ${nginx.output}/crowdsec.conf;` });
    const later = Date.now() / 1000 + 10;
    utimesSync(nginx.conf, later, later);
    expect(await check()).toMatch(/^warn running changed since NGINX was reloaded: .*nginx\.conf/m);
  });

  it('tells of a configuration that does not pass', async () => {
    const { check } = await setUp({ http: 'nonsense;' });
    expect(await check()).toMatch(/^FAIL configuration of nginx .*unknown directive "nonsense"/m);
  });

  it.skipIf(process.getuid?.() !== 0).each<[string, string, number]>([
    ['a folder', '', 0o700],
    ['a folder above', '..', 0o750],
    ['the script', 'crowdsec.lua', 0o600],
    ['the list', 'decisions.bin', 0o640],
  ])("looks as NGINX's user would: %s", async (_, file, mode) => {
    const { nginx, check, output } = await setUp({ http: whole }, {}, 'a/b');
    chmodSync(path.join(output, file), mode);
    const line = new RegExp(
      `^FAIL readable by nginx NGINX's user .* cannot read .*${mode.toString(8)}[^]*chmod o\\+[rx] `,
      'm',
    );
    expect(await check()).toMatch(line);
    // By its workers as well, which tell for sure who they are.
    await nginx.start();
    expect(await check()).toMatch(line);
  });

  it.skipIf(process.getuid?.() !== 0)('asks NGINX which list it holds', async () => {
    const spare = new RealNginx();
    onTestFinished(() => spare[Symbol.asyncDispose]());
    await spare.configure({});
    const { nginx, check, output } = await setUp(
      { http: whole },
      { NGINX_STATUS_URL: `http://127.0.0.1:${spare.port}` },
    );
    await nginx.start();
    expect(await check()).toMatch(/^ok status NGINX has the list that is written/m);
    await nginx.stop();
    chmodSync(path.join(output, 'decisions.bin'), 0o600);
    await nginx.start();
    expect(await check()).toMatch(/^FAIL status NGINX has read no list/m);
  });
});

describe.skipIf(reason !== undefined)(`geo mode (${reason ?? 'ready'})`, () => {
  it.each(['error_page 403 =200 /page.html;', 'error_page 403 = @site; location @site { try_files /page.html =404; }'])(
    'refuses whatever error_page says: %s',
    async (server) => {
      const { nginx } = await setUp(
        {
          modules: streamModules,
          http: 'include OUTPUT/crowdsec-geo.conf;',
          server: `include OUTPUT/crowdsec-geo-server.conf;\n${server}`,
        },
        { NGINX_MODE: 'geo' },
      );
      await nginx.start();
      const { status, body } = await nginx.ask({ from: '45.83.64.1' });
      expect([status, body]).toEqual([403, 'Access refused\n']);
      expect(await nginx.status('45.83.64.2')).toBe(200);
    },
  );
});
