import { foreignText } from '@bouncer/target';
import type { AppsecLuaOptions } from '../appsec/appsec-options.ts';
import { PLACE_FILE } from '../appsec/appsec-files.ts';
import { CAPTCHA_MARK, CAPTCHA_PATH, MAX_FORM_BYTES } from '../captcha/captcha-page.ts';
import { PASS_COOKIE } from '@bouncer/target/captcha';
import { CAPTCHA_BIT, HEADER_BYTES, MAGIC, ORIGIN_MASK, VERSION } from '../decisions/layout.ts';
import { fillLua, luaString } from './lua-text.ts';

/** What crowdsec.lua is told. All of it becomes escaped literals. */
export interface BouncerLuaOptions {
  /** The folder as NGINX sees it. */
  readonly folder: string;
  readonly banStatus: number;
  readonly banPage: Uint8Array;
  /** Where who is banned is sent instead of being shown the page. */
  readonly banRedirect?: string | undefined;
  /** Name of a response header of refusals. */
  readonly remediationHeader?: string | undefined;
  /** What to do when there is no decisions file, or no good one, since NGINX was started. */
  readonly onMissing: 'open' | 'closed';
  /** Without it, decisions of type captcha are bans. */
  readonly captcha?: CaptchaLuaOptions | undefined;
  /** Without it AppSec is not asked. */
  readonly appsec?: AppsecLuaOptions | undefined;
}

/** What the script needs to know of the captcha page. */
export interface CaptchaLuaOptions {
  /** How NGINX reaches the connector: `unix:/path`, or `host:port`. */
  readonly connect: string;
  /** The page before and after the path that the visitor wanted. */
  readonly page: readonly [string, string];
}

// One script in parts: each sees the locals of those before it.
const head = foreignText(import.meta, './bouncer.lua');
const reader = foreignText(import.meta, './reader.lua');
const lookup = foreignText(import.meta, './lookup.lua');
const captchaPart = foreignText(import.meta, './captcha.lua');
const noCaptcha = foreignText(import.meta, './no-captcha.lua');
const verdict = foreignText(import.meta, './verdict.lua');
const guard = foreignText(import.meta, './guard.lua');
const question = foreignText(import.meta, './appsec-question.lua');
const appsecPart = foreignText(import.meta, './appsec.lua');
const noAppsec = foreignText(import.meta, './no-appsec.lua');
const start = foreignText(import.meta, './start.lua');

/**
 * The whole of crowdsec.lua. It needs nothing but LuaJIT's ffi and the ngx API: no other file, no shared dictionary, no
 * resolver.
 */
export function bouncerLua(options: BouncerLuaOptions): string {
  const { folder, banStatus, banPage, onMissing, captcha, appsec } = options;
  const filled = fillLua(head, {
    KEY: loadedKey(folder),
    FILE: `${folder}/decisions.bin`,
    BAN_STATUS: banStatus,
    BAN_PAGE: banPage,
    BAN_REDIRECT: options.banRedirect ?? false,
    REMEDIATION_HEADER: options.remediationHeader ?? false,
    OPEN_WHEN_MISSING: onMissing === 'open',
    CAPTCHA_PATH,
    MAGIC,
    VERSION,
    HEADER_BYTES,
    ORIGIN_MASK,
    CAPTCHA_BIT,
  });
  const captchaLines = captcha ? captchaLua(captcha) : noCaptcha;
  const appsecLines = appsec ? question + appsecLua(folder, appsec) : noAppsec;
  return filled + reader + lookup + captchaLines + verdict + guard + appsecLines + start;
}

function appsecLua(folder: string, { timeout, bodyLimit, denies }: AppsecLuaOptions): string {
  return fillLua(appsecPart, {
    APPSEC_PLACE: `${folder}/${PLACE_FILE}`,
    APPSEC_TIMEOUT: Math.round(timeout * 1000),
    APPSEC_BODY_LIMIT: bodyLimit,
    APPSEC_DENIES: denies,
  });
}

function captchaLua({ connect, page }: CaptchaLuaOptions): string {
  const split = connect.lastIndexOf(':');
  const isSocket = connect.startsWith('unix:');
  return fillLua(captchaPart, {
    CONNECTOR_HOST: isSocket ? connect : connect.slice(0, split),
    CONNECTOR_PORT: isSocket ? false : Number(connect.slice(split + 1)),
    CAPTCHA_MARK,
    PASS_VARIABLE: `cookie_${PASS_COOKIE}`,
    MAX_FORM_BYTES: MAX_FORM_BYTES,
    PAGE_BEFORE: page[0],
    PAGE_AFTER: page[1],
  });
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
