import { captchaLua, noCaptchaLua } from './captcha.ts';
import type { CaptchaLuaOptions } from './captcha.ts';
import { luaString } from './lua-text.ts';
import { readerLua } from './reader.ts';
import { guardLua } from './guard.ts';
import { startLua } from './start.ts';
import { lookupLua, verdictLua } from './verdict.ts';

/** What crowdsec.lua is told. All of it becomes escaped literals. */
export interface BouncerLuaOptions {
  /** The folder as NGINX sees it. */
  readonly folder: string;
  readonly banStatus: number;
  readonly banPage: Uint8Array;
  /** What to do when there is no decisions file, or no good one, since NGINX was started. */
  readonly onMissing: 'open' | 'closed';
  /** Without it, decisions of type captcha are bans. */
  readonly captcha?: CaptchaLuaOptions | undefined;
}

/**
 * The whole of crowdsec.lua. It needs nothing but LuaJIT's ffi and the ngx API: no other file, no shared dictionary, no
 * resolver. NGINX runs the file for every request; all but the first lines run once in each worker.
 */
export function bouncerLua(options: BouncerLuaOptions): string {
  const { folder, banStatus, banPage, onMissing, captcha } = options;
  const key = luaString(loadedKey(folder));
  return `-- Written by crowdsec-nginx-bouncer, and written anew when its settings change. Reload NGINX to use a new one.
-- It ends the request of who is blocked, and returns for all others. "load" only makes it ready.
local ONLY_LOAD = ... == "load"
local bouncer = package.loaded[${key}]
if bouncer and ONLY_LOAD then return end
if bouncer then return bouncer() end

local KEY = ${key}
local FILE = ${luaString(`${folder}/decisions.bin`)}
local BAN_STATUS = ${banStatus}
local BAN_PAGE = ${luaString(banPage)}
local OPEN_WHEN_MISSING = ${onMissing === 'open'}
${readerLua}${lookupLua}${captcha ? captchaLua(captcha) : noCaptchaLua}${verdictLua}${guardLua}${startLua}`;
}

/** Under which name the running check is found in a worker; with a word behind it, what else the script offers. */
export function loadedKey(folder: string): string {
  return `crowdsec ${folder}`;
}

/**
 * The line that an access_by_lua of somebody else begins with, so that both run. Not dofile: what it runs cannot end a
 * request.
 */
export function callLine(folder: string): string {
  const key = luaString(loadedKey(folder));
  return `(package.loaded[${key}] or assert(loadfile(${luaString(`${folder}/crowdsec.lua`)})))()`;
}
