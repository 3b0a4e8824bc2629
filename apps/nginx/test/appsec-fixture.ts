import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@bouncer/stream';
import { Secret, silentLogger } from '@bouncer/target';
import { onTestFinished } from 'vitest';
import { AppsecAddress } from '../src/appsec/appsec-address.ts';
import type { LuaRendererOptions } from '../src/lua/lua-renderer.ts';
import { ban, hold, luaTarget } from './fixture.ts';
import { RealNginx } from './real-nginx.ts';
import type { NginxOptions } from './real-nginx.ts';

export const banned = '45.83.64.1';
export const visitor = '45.83.64.2';

/** What came to the site behind NGINX. */
export interface Visit {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly length: number;
}

/** A site that remembers its visits. */
async function startSite() {
  const visits: Visit[] = [];
  const server = createServer((request, response) => {
    let length = 0;
    request.on('data', (part: Buffer) => (length += part.length));
    request.on('end', () => {
      visits.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, length });
      response.end('hello from the site\n');
    });
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { visits, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Where AppSec is, and what NGINX is to do with it. */
export interface AppsecNginxOptions {
  readonly url: string;
  readonly key: string;
  readonly timeout?: number;
  readonly bodyLimit?: number;
  readonly denies?: boolean;
  readonly nginx?: NginxOptions;
  readonly more?: Partial<LuaRendererOptions>;
}

/** NGINX in front of a site, with a list of one and AppSec behind it. `SITE` in the lines is the site's address. */
export async function appsecNginx(options: AppsecNginxOptions) {
  const { url, key, timeout = 2, bodyLimit = 256 * 1024, denies = false, nginx: lines = {}, more } = options;
  const site = await startSite();
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  const address = new AppsecAddress({ url, clock: systemClock, log: silentLogger });
  await address.look();
  const appsec = { timeout, bodyLimit, denies, key: new Secret(key), address };
  const target = luaTarget(nginx.output, { appsec, ...more });
  await hold(target, [ban(banned)]);
  const fill = (text = ''): string => text.replaceAll('SITE', site.url);
  await nginx.configure({
    ...lines,
    http: `include ${nginx.output}/crowdsec.conf; client_max_body_size 50m;\n${fill(lines.http)}`,
    server: `location / { proxy_pass ${site.url}; }\n${fill(lines.server)}`,
  });
  await nginx.start();
  return { nginx, site, address, target };
}
