import { isAbsolute } from 'node:path';
import type { CoreValues } from './core-settings.ts';
import { urlType } from './net-types.ts';
import { isPrintable } from './printable.ts';
import type { Problem } from './problem.ts';
import { setting } from './setting.ts';
import type { Settings, ValuesOf } from './setting.ts';
import { shown } from './setting-type.ts';
import type { SettingType } from './setting-type.ts';

const example = 'http://127.0.0.1:7422';
const http = urlType(example);

/** What `sun_path` of Linux holds without its last zero, in bytes. */
const MAX_SOCKET_LENGTH = 107;

/** An http address, or the path of a unix socket. Value: `http://...` without trailing slash, or `unix:/path`. */
const appsecUrlType: SettingType<string> = {
  accepted: `an http or https address such as ${example}, or a unix socket such as unix:///run/crowdsec/appsec.sock`,
  schema: { type: 'string' },
  parse(text) {
    const path = /^unix:(?:\/\/)?(?=\/)/.test(text) ? text.replace(/^unix:(?:\/\/)?/, '') : text;
    if (!isAbsolute(path)) return http.parse(text);
    if (!isPrintable(path) || /\s/.test(path)) return { problem: `${shown(text)} is no path of a socket` };
    if (Buffer.byteLength(path) > MAX_SOCKET_LENGTH) return { problem: `${shown(text)} is too long for a socket` };
    return { value: `unix:${path}` };
  },
  print: (value) => value,
};

const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024 };
/** AppSec of 1.7.8 refuses what is longer, whatever is in it. Source: DefaultMaxBodySize of pkg/appsec. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** A number of bytes: `256k`, `1M`, `4096`. */
const bodyLimitType: SettingType<number> = {
  accepted: 'a number of bytes such as 4096, 256k or 1m, up to 10m (more AppSec does not take)',
  schema: { type: ['string', 'integer'], pattern: '^[0-9]+ ?([kKmM]([iI]?[bB])?)?$' },
  parse(text) {
    const [, digits, unit = ''] = /^(\d{1,12}) ?(?:([km])(?:i?b)?|b)?$/i.exec(text) ?? [];
    const factor = units[unit.toLowerCase()];
    if (digits === undefined || factor === undefined) return { problem: `${shown(text)} is not a number of bytes` };
    const value = Number(digits) * factor;
    return value > MAX_BODY_BYTES ? { problem: `${text} is out of range` } : { value };
  },
  print: (value) => (value > 0 && value % 1024 === 0 ? `${value / 1024}k` : String(value)),
};

/** For kinds that can ask CrowdSec's AppSec about a request: they spread these into their own settings. */
export const appsecSettings = {
  appsecUrl: setting.of(appsecUrlType, {
    env: 'CROWDSEC_APPSEC_URL',
    aliases: ['APPSEC_URL'],
    help: "CrowdSec's AppSec, asked about each request that the list lets pass: `http://127.0.0.1:7422`, or a unix socket",
  }),
  appsecFailureAction: setting.choice(['passthrough', 'deny'], {
    env: 'CROWDSEC_APPSEC_FAILURE_ACTION',
    aliases: ['APPSEC_FAILURE_ACTION'],
    default: 'passthrough',
    help: 'passthrough or deny, when AppSec does not answer in time, or not as it should',
  }),
  appsecTimeout: setting.duration({
    env: 'CROWDSEC_APPSEC_TIMEOUT',
    default: '500ms',
    min: 0.01,
    max: 60,
    help: 'for one answer of AppSec',
  }),
  appsecBodyLimit: setting.of(bodyLimitType, {
    env: 'CROWDSEC_APPSEC_BODY_LIMIT',
    default: '256k',
    help: 'bytes of a request body that AppSec is sent; what is longer is sent that far and goes on to the site whole',
  }),
} satisfies Settings;

/** The values of `appsecSettings`. */
export type AppsecValues = ValuesOf<typeof appsecSettings>;

/** Where AppSec is asked, in the words of `request()`: an address and, for a unix socket, its path. */
export function appsecPlace(url: string): { readonly origin: string; readonly socketPath?: string } {
  return url.startsWith('unix:') ? { origin: 'http://appsec', socketPath: url.slice('unix:'.length) } : { origin: url };
}

/** What is wrong with them beside the settings of LAPI. */
export function appsecProblems({ appsecUrl, lapiKey }: AppsecValues & CoreValues): readonly Problem[] {
  if (appsecUrl === undefined || lapiKey !== undefined) return [];
  return [
    {
      variable: 'CROWDSEC_BOUNCER_API_KEY',
      problem: 'is missing: AppSec (CROWDSEC_APPSEC_URL) knows a bouncer by its key, not by a certificate',
      accepted: 'the key from `cscli bouncers add`, beside the client certificate',
    },
  ];
}
