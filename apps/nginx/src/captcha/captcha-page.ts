import { captchaPage } from '@bouncer/target/captcha';
import { MAX_FORM_BYTES } from './captcha-handler.ts';
import type { CaptchaOptions } from './captcha-config.ts';

/** A path of every site at which crowdsec.lua shows the page and takes its form, for what cannot show it itself. */
export const CAPTCHA_PATH = '/crowdsec-captcha';
/** Where the page sends its form: to its own path, since only that is protected for certain, with this query. */
export const CAPTCHA_MARK = '?crowdsec-captcha';
export { MAX_FORM_BYTES };

/** The page in two halves: between them goes the path that the visitor wanted, escaped for an attribute. */
export function pageHalves(captcha: CaptchaOptions): readonly [string, string] {
  const [before = '', ...after] = captchaPage(captcha, { method: 'post', action: CAPTCHA_MARK })('@path@').split(
    '@path@',
  );
  return [before, after.join('/')];
}
