import path from 'node:path';
import { setting, type Problem, type Secret, type ValuesOf } from '@bouncer/target';
import { providerNames, providers } from './provider.ts';
import type { CaptchaProvider } from './provider.ts';

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d{1,5}$/;
const WILDCARD = /^(?:0\.0\.0\.0|\[::\]):/;
/** Name of the socket in the output folder. */
const SOCKET = 'crowdsec-captcha.sock';
/** What a path of a socket may be long, in bytes: `sun_path` of Linux has 108, of BSD 104. */
const MAX_SOCKET_LENGTH = 103;

/** Settings of the captcha page. */
export const captchaSettings = {
  captchaProvider: setting.choice(providerNames, {
    env: 'NGINX_CAPTCHA_PROVIDER',
    special: true,
    help: 'lua: decisions of type captcha show a page of this provider; without it, and in other modes, they block like bans',
  }),
  captchaSiteKey: setting.text({
    env: 'NGINX_CAPTCHA_SITE_KEY',
    special: true,
    pattern: /^[A-Za-z0-9_.-]{1,200}$/,
    accepted: 'letters, digits and _.-',
    help: 'site key of the provider; visitors see it',
  }),
  captchaSecret: setting.secret({
    env: 'NGINX_CAPTCHA_SECRET',
    special: true,
    help: 'secret key of the provider; a new one ends all passes',
  }),
  captchaExpiration: setting.duration({
    env: 'NGINX_CAPTCHA_EXPIRATION',
    special: true,
    default: '1h',
    min: 60,
    max: 7 * 86_400,
    help: 'for how long a solved captcha lets its address pass',
  }),
  captchaListen: setting.text({
    env: 'NGINX_CAPTCHA_LISTEN',
    special: true,
    default: 'socket',
    pattern: new RegExp(`^socket$|${ADDRESS.source}`),
    accepted: 'socket, or an address and port such as 127.0.0.1:9463',
    help: 'where NGINX asks the connector about solved captchas: `socket` is crowdsec-captcha.sock in the shared folder',
  }),
  captchaAddress: setting.text({
    env: 'NGINX_CAPTCHA_ADDRESS',
    special: true,
    pattern: ADDRESS,
    accepted: 'an address and port such as 192.0.2.1:9463',
    defaultNote: 'NGINX_CAPTCHA_LISTEN',
    help: 'the same as NGINX reaches it',
  }),
  captchaVerifyUrl: setting.url({
    env: 'NGINX_CAPTCHA_VERIFY_URL',
    special: true,
    example: 'https://api.hcaptcha.com/siteverify',
    defaultNote: "the provider's",
    help: 'where the connector has answers verified',
  }),
  captchaScriptUrl: setting.url({
    env: 'NGINX_CAPTCHA_SCRIPT_URL',
    special: true,
    example: 'https://js.hcaptcha.com/1/api.js',
    defaultNote: "the provider's",
    help: 'script that the page loads in the browser of the visitor',
  }),
};

type CaptchaValues = ValuesOf<typeof captchaSettings>;

/** The captcha page as it is to work. */
export interface CaptchaOptions extends CaptchaProvider {
  readonly siteKey: string;
  readonly secret: Secret;
  /** Seconds that a pass is valid. */
  readonly expiration: number;
  /** A path, or `host:port`. */
  readonly listen: string;
  /** As NGINX connects: `unix:/path`, or `host:port`. */
  readonly connect: string;
}

/** Undefined when there is to be no captcha page. Call it with valid settings only. */
export function captchaOptions(
  values: CaptchaValues & { readonly mode: string; readonly outputDir: string },
  folder: string,
): CaptchaOptions | undefined {
  const { captchaProvider, captchaSiteKey, captchaSecret, captchaListen, captchaAddress } = values;
  if (values.mode !== 'lua' || captchaProvider === undefined) return undefined;
  if (captchaSiteKey === undefined || captchaSecret === undefined) return undefined;
  const provider = providers[captchaProvider];
  const isSocket = captchaListen === 'socket';
  return {
    ...provider,
    verifyUrl: values.captchaVerifyUrl ?? provider.verifyUrl,
    scriptUrl: values.captchaScriptUrl ?? provider.scriptUrl,
    siteKey: captchaSiteKey,
    secret: captchaSecret,
    expiration: values.captchaExpiration,
    listen: isSocket ? path.join(path.resolve(values.outputDir), SOCKET) : captchaListen,
    connect: isSocket ? `unix:${folder}/${SOCKET}` : (captchaAddress ?? captchaListen),
  };
}

/** What is wrong with these settings together. */
export function captchaProblems(values: CaptchaValues & { readonly outputDir: string }): Problem[] {
  const { captchaProvider, captchaSiteKey, captchaSecret, captchaListen, captchaAddress, captchaVerifyUrl } = values;
  if (captchaProvider === undefined) return [];
  const problems: Problem[] = [];
  const add = (variable: string, problem: string): void => {
    problems.push({ variable, problem });
  };
  if (captchaSiteKey === undefined) add('NGINX_CAPTCHA_SITE_KEY', 'is missing, while NGINX_CAPTCHA_PROVIDER is given');
  if (captchaSecret === undefined) add('NGINX_CAPTCHA_SECRET', 'is missing, while NGINX_CAPTCHA_PROVIDER is given');
  if (captchaVerifyUrl !== undefined && !isPrivateEnough(captchaVerifyUrl)) {
    add('NGINX_CAPTCHA_VERIFY_URL', 'must begin with https://, since the secret goes there');
  }
  if (WILDCARD.test(captchaListen) && captchaAddress === undefined) {
    add('NGINX_CAPTCHA_ADDRESS', `is missing: NGINX cannot connect to ${captchaListen}`);
  }
  if (captchaListen === 'socket' && path.join(path.resolve(values.outputDir), SOCKET).length > MAX_SOCKET_LENGTH) {
    add('NGINX_CAPTCHA_LISTEN', 'cannot be socket: the path of NGINX_OUTPUT_DIR is too long for one');
  }
  return problems;
}

function isPrivateEnough(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}
