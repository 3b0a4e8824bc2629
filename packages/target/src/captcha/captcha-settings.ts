import type { Problem } from '../settings/problem.ts';
import type { Secret } from '../settings/secret.ts';
import { setting, type ValuesOf } from '../settings/setting.ts';
import { pageProblem } from './page-file.ts';
import { providerNames, providers } from './provider.ts';
import type { CaptchaProvider } from './provider.ts';

/** What the kinds take that can show a captcha: nginx (lua) and traefik (forwardauth). NGINX alone had it first, hence its names. */
export const captchaSettings = {
  captchaProvider: setting.choice(providerNames, {
    env: 'CAPTCHA_PROVIDER',
    aliases: ['NGINX_CAPTCHA_PROVIDER'],
    help: 'nginx (lua) and traefik (forwardauth): decisions of type captcha show a page of this provider; without it, and in other modes, they block like bans',
  }),
  captchaSiteKey: setting.text({
    env: 'CAPTCHA_SITE_KEY',
    aliases: ['NGINX_CAPTCHA_SITE_KEY'],
    pattern: /^[A-Za-z0-9_.-]{1,200}$/,
    accepted: 'letters, digits and _.-',
    help: 'site key of the provider; visitors see it',
  }),
  captchaSecretKey: setting.secret({
    env: 'CAPTCHA_SECRET_KEY',
    aliases: ['NGINX_CAPTCHA_SECRET'],
    help: 'secret key of the provider; a new one ends all passes',
  }),
  captchaPageFile: setting.file({
    env: 'CAPTCHA_PAGE_FILE',
    content: 'any',
    help: 'HTML page instead of the one that comes with it, at most 256 kB; placeholders: `{{script}}`, `{{widget}}`, `{{site_key}}`, `{{method}}`, `{{action}}`, `{{path}}`',
  }),
  captchaGracePeriod: setting.duration({
    env: 'CAPTCHA_GRACE_PERIOD',
    aliases: ['NGINX_CAPTCHA_EXPIRATION'],
    default: '30m',
    min: 60,
    max: 7 * 86_400,
    help: 'for how long a solved captcha lets its address pass',
  }),
  captchaCookieDomain: setting.text({
    env: 'CAPTCHA_COOKIE_DOMAIN',
    special: true,
    pattern:
      /^\.?(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/,
    accepted: 'a domain such as example.org',
    defaultNote: 'the host that was asked',
    help: 'a captcha solved at one host of this domain counts for all of them',
  }),
  captchaVerifyUrl: setting.url({
    env: 'CAPTCHA_VERIFY_URL',
    aliases: ['NGINX_CAPTCHA_VERIFY_URL'],
    special: true,
    example: 'https://api.hcaptcha.com/siteverify',
    defaultNote: "the provider's",
    help: 'where the connector has answers verified',
  }),
  captchaScriptUrl: setting.url({
    env: 'CAPTCHA_SCRIPT_URL',
    aliases: ['NGINX_CAPTCHA_SCRIPT_URL'],
    special: true,
    example: 'https://js.hcaptcha.com/1/api.js',
    defaultNote: "the provider's",
    help: 'script that the page loads in the browser of the visitor',
  }),
};

/** The values of `captchaSettings`. */
export type CaptchaValues = ValuesOf<typeof captchaSettings>;

/** The provider with the keys for it, and how long a solved captcha counts. */
export interface Captcha extends CaptchaProvider {
  readonly siteKey: string;
  readonly secret: Secret;
  /** Seconds that a pass is valid. */
  readonly expiration: number;
  /** In lower case, without a dot before it; undefined: a pass counts for the host at which it was given. */
  readonly cookieDomain: string | undefined;
  /** The user's own page, as it was when this was made. */
  readonly pageFile: string | undefined;
}

/** Undefined when there is to be no captcha. Call it with valid settings only. */
export function captchaOf(values: CaptchaValues): Captcha | undefined {
  const { captchaProvider, captchaSiteKey, captchaSecretKey } = values;
  if (captchaProvider === undefined || captchaSiteKey === undefined || captchaSecretKey === undefined) return undefined;
  const provider = providers[captchaProvider];
  return {
    ...provider,
    verifyUrl: values.captchaVerifyUrl ?? provider.verifyUrl,
    scriptUrl: values.captchaScriptUrl ?? provider.scriptUrl,
    siteKey: captchaSiteKey,
    secret: captchaSecretKey,
    expiration: values.captchaGracePeriod,
    cookieDomain: values.captchaCookieDomain?.replace(/^\./, '').toLowerCase(),
    pageFile: values.captchaPageFile,
  };
}

/** What is wrong with these settings together. */
export function captchaProblems(values: CaptchaValues): Problem[] {
  const { captchaProvider, captchaSiteKey, captchaSecretKey, captchaVerifyUrl } = values;
  if (captchaProvider === undefined) return [];
  const problems: Problem[] = [];
  const isMissing = (variable: string): void => {
    problems.push({ variable, problem: 'is missing, while CAPTCHA_PROVIDER is given' });
  };
  if (captchaSiteKey === undefined) isMissing('CAPTCHA_SITE_KEY');
  if (captchaSecretKey === undefined) isMissing('CAPTCHA_SECRET_KEY');
  const page = pageProblem(values.captchaPageFile);
  if (page !== undefined) problems.push({ variable: 'CAPTCHA_PAGE_FILE', problem: page });
  if (captchaVerifyUrl !== undefined && !isPrivateEnough(captchaVerifyUrl)) {
    problems.push({ variable: 'CAPTCHA_VERIFY_URL', problem: 'must begin with https://, since the secret goes there' });
  }
  return problems;
}

function isPrivateEnough(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}
