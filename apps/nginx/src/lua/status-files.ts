import { appsecProbe, foreignText } from '@bouncer/target';
import type { RenderedFile } from '@bouncer/target';
import { loadedKey } from './bouncer.ts';
import { fillLua } from './lua-text.ts';

/** Where counters are read: a server of its own in NGINX, which answers only private addresses. */
export interface StatusAddress {
  readonly host: string;
  readonly port: number;
}

/** Host and port of NGINX_STATUS_URL. */
export function statusAddress(url: string): StatusAddress {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

/** On a loopback address when the connector asks there, otherwise on all, for the connector is another container. */
function listen({ host, port }: StatusAddress): string {
  if (/^127\.[0-9.]+$/.test(host)) return `${host}:${port}`;
  if (host === 'localhost') return `127.0.0.1:${port}`;
  if (host === '::1') return `[::1]:${port}`;
  return String(port);
}

/** Lines for crowdsec.conf: the dictionary that the workers count in, and the server that tells. */
export function statusConf(folder: string, address: StatusAddress): string {
  return `lua_shared_dict crowdsec_stats 256k;
server {
  listen ${listen(address)};
  server_name crowdsec-status;
  access_log off;
  location / {
    allow 127.0.0.0/8;
    allow ::1;
    allow 10.0.0.0/8;
    allow 172.16.0.0/12;
    allow 192.168.0.0/16;
    allow fc00::/7;
    deny all;
    # In place of ours, which would count these requests; and the answer only once the lines above have agreed.
    access_by_lua_block { return ngx.exit(ngx.DECLINED) }
    content_by_lua_file ${folder}/crowdsec-status.lua;
  }
}
`;
}

const script = foreignText(import.meta, './crowdsec-status.lua');

/** The script of that server: a line of `number name` for each counter. */
export function statusLua(folder: string): RenderedFile {
  const text = fillLua(script, { KEY: loadedKey(folder), FILE: `${folder}/crowdsec.lua`, PROBE: appsecProbe });
  return { path: 'crowdsec-status.lua', bytes: Buffer.from(text), reload: true };
}
