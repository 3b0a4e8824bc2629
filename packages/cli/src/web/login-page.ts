import { randomBytes } from 'node:crypto';
import { visible } from '@bouncer/status-page';
import { fillHtml, foreignText } from '@bouncer/target';
import { page } from './reply.ts';
import type { Reply } from './reply.ts';
import type { StatusSource } from './status-source.ts';

const form = foreignText(import.meta, './login-page.html');

/** The way in where a token is set. A page for people is no failure: browsers complain about every 401. */
export function loginPage({ title }: Pick<StatusSource, 'title'>, isWrong: boolean): Reply {
  const nonce = randomBytes(16).toString('base64');
  const complaint = isWrong ? 'Wrong token.' : '';
  const body = fillHtml(form, { title: visible(title), nonce, invalid: String(isWrong), complaint });
  return page(body, `style-src 'nonce-${nonce}'; img-src data:`);
}
