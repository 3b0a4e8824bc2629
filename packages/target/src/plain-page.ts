import { foreignText } from './foreign-text.ts';
import { fillHtml } from './html-text.ts';

const page = foreignText(import.meta, './plain-page.html');
const ban = foreignText(import.meta, './ban-page.html');

/** A page without a script, in light and dark: its title, and below it `rest`, which is HTML. */
export function plainPage(title: string, rest: string): string {
  return fillHtml(page, { title }).replace('@rest@\n', () => rest);
}

/** What a visitor is shown who is banned. */
export function banPage(): string {
  return plainPage('Access refused', ban);
}
