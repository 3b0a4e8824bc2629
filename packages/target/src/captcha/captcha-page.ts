import { foreignText } from '../foreign-text.ts';
import { fillHtml } from '../html-text.ts';
import { plainPage } from '../plain-page.ts';
import type { Captcha } from './captcha-settings.ts';
import { placesOf, readPage } from './page-file.ts';

const form = foreignText(import.meta, './captcha-page.html');

/** What differs from one who shows the page to another. */
export interface FormPlace {
  /** `get` where a proxy hands on no bodies. */
  readonly method: 'get' | 'post';
  /** Where the form goes; empty is the path of the page. */
  readonly action: string;
}

/** Shows the page to a visitor who wanted this path of the site. */
export type CaptchaPage = (path: string) => string;

/**
 * The page with the provider's box: the user's own, or the built-in one. Read once.
 * @throws ConfigError when the user's cannot be read, or has no place for what the form needs.
 */
export function captchaPage(captcha: Captcha, { method, action }: FormPlace): CaptchaPage {
  const { scriptUrl: script, widget, siteKey: site_key, pageFile } = captcha;
  const values = { script, widget, site_key, method, action };
  const page = pageFile === undefined ? plainPage('Are you a person?', form) : readPage(pageFile);
  const wanted = new Set(placesOf(page));
  const given = Object.entries({ ...values, path: '\0' }).filter(([name]) => wanted.has(name));
  const parts = fillHtml(page, Object.fromEntries(given)).split('\0');
  return (path) => parts.join(path.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`));
}
