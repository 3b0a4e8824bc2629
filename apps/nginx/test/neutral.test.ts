import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callLine } from '../src/lua/bouncer.ts';
import { nginxMissing } from './debian-nginx.ts';
import { ban, luaTarget, hold } from './fixture.ts';
import { RealNginx } from './real-nginx.ts';
import type { Ask } from './real-nginx.ts';

const reason = await nginxMissing();
const bad = '45.83.64.1';
const clean = '45.83.64.2';
const right = { Authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` };
const wrong = { Authorization: `Basic ${Buffer.from('me:guessed').toString('base64')}` };

/** Counts what auth_request asks it, and says yes to `X-Ok: 1` alone. */
async function authBackend() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(request.headers['x-ok'] === '1' ? 204 : 401).end();
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { asked, port: (server.address() as AddressInfo).port };
}

/** A site with every way of asking for more than an address; `include` is that of each location, or of http. */
async function site(where: 'http' | 'location', onMissing: 'open' | 'closed' = 'open', list = true) {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  const { asked, port } = await authBackend();
  await hold(luaTarget(nginx.output, { onMissing }), [ban(bad)]);
  if (!list) rmSync(path.join(nginx.output, 'decisions.bin'));
  writeFileSync(path.join(nginx.folder, 'passwords'), 'me:{PLAIN}secret\n', { mode: 0o644 });
  const ours = where === 'location' ? `include ${nginx.output}/crowdsec-server.conf;` : '';
  const basic = `auth_basic me; auth_basic_user_file ${nginx.folder}/passwords;`;
  const page = 'try_files /page.html =404;';
  const options = {
    http: `include ${nginx.output}/${where === 'http' ? 'crowdsec.conf' : 'crowdsec-some.conf'};`,
    server: `
      location = /any { ${ours} satisfy any; deny all; ${basic} ${page} }
      location = /any-allow { ${ours} satisfy any; allow 192.0.2.7; deny all; auth_request /auth; ${page} }
      location = /any-off { ${ours} set $crowdsec_disable_bouncer 1; satisfy any; deny all; ${basic} ${page} }
      location = /password { ${ours} ${basic} ${page} }
      location = /asked { ${ours} auth_request /auth; ${page} }
      location = /auth { internal; proxy_pass http://127.0.0.1:${port}; proxy_set_header X-Ok $http_x_ok; }
      location = /own { satisfy any; deny all; ${basic} access_by_lua_block {
        ${callLine(nginx.output)}
        ngx.header.own = "1"
        if ngx.var.arg_let == "no" then return ngx.exit(401) end
        return ngx.exit(ngx.DECLINED)
      } ${page} }`,
  };
  await nginx.configure(options);
  await nginx.start();
  const status = async (path: string, more: Ask = {}) => (await nginx.ask({ from: clean, path, ...more })).status;
  return { nginx, asked, status, options };
}

describe.skipIf(reason !== undefined)(`who may enter is not ours to grant (${reason ?? 'ready'})`, () => {
  it.each(['http', 'location'] as const)(
    'included in %s, a clean stranger still needs the password where one condition is enough',
    async (where) => {
      const { status, nginx } = await site(where);
      // The very first request of the worker as well.
      expect(await status('/any')).toBe(401);
      expect(await status('/any', { headers: wrong })).toBe(401);
      expect(await status('/any', { headers: right })).toBe(200);
      expect(await status('/any-allow')).toBe(401);
      expect(await status('/any-allow', { headers: { 'X-Ok': '1' } })).toBe(200);
      expect(await status('/any-allow', { from: '192.0.2.7' })).toBe(200);
      for (const from of [bad, clean]) {
        expect([from, await status('/any-off', { from })]).toEqual([from, 401]);
        expect([from, await status('/any-off', { from, headers: right })]).toEqual([from, 200]);
      }
      expect(await status('/any', { from: bad, headers: right })).toBe(403);
      expect(nginx.errors).not.toContain('[warn]');
    },
  );

  it.each([
    ['open', 401, 200],
    ['closed', 503, 503],
  ] as const)('without any list and %s neither', async (onMissing, stranger, known) => {
    const { status } = await site('http', onMissing, false);
    for (let round = 0; round < 2; round += 1) {
      expect(await status('/any')).toBe(stranger);
      expect(await status('/any', { headers: right })).toBe(known);
    }
  });

  it('a handler of somebody else goes on behind our line, from the first request on', async () => {
    const { nginx, status, options } = await site('http');
    for (let round = 0; round < 2; round += 1) {
      expect(await status('/own?let=no')).toBe(401);
      const { headers } = await nginx.ask({ from: clean, path: '/own', headers: right });
      expect(headers['own']).toBe('1');
      expect(await status('/own')).toBe(401);
      expect(await status('/own', { from: bad, headers: right })).toBe(403);
      await nginx.stop();
      await nginx.configure(options);
      await nginx.start();
    }
  });

  it.each(['http', 'location'] as const)(
    'included in %s, who is banned can neither guess passwords nor reach what auth_request asks',
    async (where) => {
      const { asked, status } = await site(where);
      for (let round = 0; round < 2; round += 1) {
        for (const headers of [wrong, right, {}]) expect(await status('/password', { from: bad, headers })).toBe(403);
        for (const path of ['/asked', '/any-allow']) {
          expect(await status(path, { from: bad, headers: { 'X-Ok': '1' } })).toBe(403);
        }
      }
      expect(asked).toEqual([]);
      expect(await status('/asked')).toBe(401);
      expect(await status('/password', { headers: right })).toBe(200);
      expect(asked).toEqual(['/auth']);
    },
  );
});
