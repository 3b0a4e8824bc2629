import type { RenderedFile } from '@bouncer/target';

/** Where AppSec listens, read by the workers once a second: no reload when it has moved. */
export const PLACE_FILE = 'crowdsec-appsec-place.txt';
/** The key; read by NGINX's master, who is another user than its workers. */
export const KEY_FILE = 'crowdsec-appsec-key.conf';

/**
 * Lines for the http block. The include is a pattern, so that NGINX starts without the file as well. The second map gives the
 * variable a place in each request: only such a one can be set from Lua, and it survives an internal redirect.
 */
export function appsecConf(folder: string): string {
  return `# CrowdSec's AppSec: off for a server or location by "set $crowdsec_disable_appsec 1;"; for a log format,
# $crowdsec_appsec is passed, blocked, failed, or empty.
include ${folder}/${KEY_FILE.slice(0, -1)}[${KEY_FILE.slice(-1)}];
map "" $crowdsec_disable_appsec { default ""; }
map "" $crowdsec_appsec { default ""; }
map "" $crowdsec_appsec_word { default $crowdsec_appsec; }
lua_shared_dict crowdsec_appsec 64k;
`;
}

/**
 * The key for NGINX. In hexadecimal digits: none of its signs means anything there. Nobody else may read it; the group may, for a
 * master that is not root: it is that of the folder where the folder has the setgid bit.
 */
export function keyFile(key: string): RenderedFile {
  const text = `# Written by crowdsec-nginx-bouncer; a secret. Reload NGINX after a change.
map "" $crowdsec_appsec_key { default "${Buffer.from(key).toString('hex')}"; }
`;
  return { path: KEY_FILE, bytes: Buffer.from(text), reload: true, mode: 0o640 };
}

/** `unix:/path`, or an address and a port. */
export function placeFile(place: string): RenderedFile {
  return { path: PLACE_FILE, bytes: Buffer.from(`${place}\n`) };
}
