import type { Problem } from './problem.ts';
import { isPrintable } from './printable.ts';
import type { Secret } from './secret.ts';
import { setting } from './setting.ts';
import type { Setting, Settings, ValuesOf } from './setting.ts';
import type { SettingType } from './setting-type.ts';

/** How a message is put for whoever receives it. */
export type NotifyFormat = 'ntfy' | 'gotify' | 'json' | 'apprise';

/** An http or https address. Its path, its query or its user may be what lets one in, so it is never quoted. */
const notifyUrlType: SettingType<string> = {
  accepted:
    'an http or https address, such as https://ntfy.sh/TOPIC, https://gotify.lan/message, http://apprise.lan:8000/notify/KEY',
  schema: { type: 'string', format: 'uri' },
  parse(text) {
    if (!isPrintable(text) || !URL.canParse(text)) return { problem: 'is not a complete address' };
    const url = new URL(text);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      return { problem: `begins with ${url.protocol}, not with http:// or https://` };
    }
    return url.hash === '' ? { value: text } : { problem: 'holds a # part, which is never sent' };
  },
  print: () => '***',
};

const url: Setting<Secret | undefined> = {
  ...setting.secret({
    env: 'NOTIFY_URL',
    special: true,
    help: 'where to tell of the verdict: an address of ntfy, Gotify, Apprise, or of a program that takes JSON; without it nothing is told',
  }),
  kind: notifyUrlType as SettingType<never>,
};

/** Whom to tell when the protection changes. Nobody, by default. */
export const notifySettings = {
  notifyUrl: url,
  notifyToken: setting.secret({
    env: 'NOTIFY_TOKEN',
    special: true,
    help: 'access token of ntfy, application token of Gotify; for json and apprise it is sent as `Authorization: Bearer`',
  }),
  notifyFormat: setting.choice(['auto', 'ntfy', 'gotify', 'json', 'apprise'], {
    env: 'NOTIFY_FORMAT',
    default: 'auto',
    special: true,
    help: 'auto sees it by the address: a host that begins with ntfy, a path that ends in /message (Gotify), one with /notify (Apprise); all else gets json',
  }),
  notifyAfter: setting.duration({
    env: 'NOTIFY_AFTER',
    default: '1m',
    min: 1,
    max: 86_400,
    special: true,
    help: 'how long another verdict has to last before it is told, and the old one once it is back',
  }),
  notifyDetails: setting.boolean({
    env: 'NOTIFY_DETAILS',
    default: false,
    special: true,
    help: 'true adds the reasons as the page has them, which may hold words of LAPI and of the devices; else a message names the targets and how each stands',
  }),
} satisfies Settings;

type NotifyValues = ValuesOf<typeof notifySettings>;

/** The format of messages to this address. */
export function notifyFormatOf(address: string, format: NotifyValues['notifyFormat']): NotifyFormat {
  if (format !== 'auto') return format;
  const { hostname, pathname } = new URL(address);
  if (/^ntfy\b/i.test(hostname)) return 'ntfy';
  if (/\/message\/?$/.test(pathname)) return 'gotify';
  return /\/notify(?:\/|$)/.test(pathname) ? 'apprise' : 'json';
}

/** How the settings of the webhook fit together. */
export function notifyProblems(values: NotifyValues): readonly Problem[] {
  const { notifyUrl, notifyToken, notifyFormat } = values;
  if (notifyUrl === undefined) {
    const given = notifyToken === undefined ? notifyFormat !== 'auto' && 'NOTIFY_FORMAT' : 'NOTIFY_TOKEN';
    if (given === false) return [];
    return [
      { variable: 'NOTIFY_URL', problem: `is missing, while ${given} is given`, accepted: notifyUrlType.accepted },
    ];
  }
  const { pathname, searchParams } = new URL(notifyUrl.value());
  const format = notifyFormatOf(notifyUrl.value(), notifyFormat);
  if (format === 'ntfy' && !/^\/[\w-]{1,64}\/?$/.test(pathname)) {
    return [
      {
        variable: 'NOTIFY_URL',
        problem: 'has no topic of ntfy as its path',
        accepted: 'https://ntfy.sh/TOPIC, the topic of letters, digits, _ and -',
      },
    ];
  }
  if (format === 'gotify' && notifyToken === undefined && (searchParams.get('token') ?? '') === '') {
    return [
      {
        variable: 'NOTIFY_TOKEN',
        problem: 'is missing, and Gotify takes no message without one',
        accepted: 'the token of an application in Gotify',
      },
    ];
  }
  return [];
}
