import type { Entry } from '@bouncer/stream';

/** How the comment of everything that we own begins. Nothing without it is ever changed or removed. */
export const MARK = 'crowdsec-bouncer';
/** RouterOS shows comments on one line; more would only cost memory on the router. */
const MAX_LENGTH = 120;

/** The comment of an entry: our mark, and why it is blocked. Printable ASCII on one line, whatever LAPI says. */
export function commentFor({ origin, scenario }: Pick<Entry, 'origin' | 'scenario'>): string {
  return `${MARK} ${printable(origin)} ${printable(scenario)}`.trimEnd().slice(0, MAX_LENGTH);
}

/** True for a comment of ours: the mark alone, or the mark and a blank. */
export function isOurs(comment: string | undefined): boolean {
  if (comment === undefined || !comment.startsWith(MARK)) return false;
  return comment.length === MARK.length || comment[MARK.length] === ' ';
}

/** RouterOS 6 reads bytes as Windows-1252 and RouterOS 7 as UTF-8; only ASCII is the same in both. */
function printable(text: string): string {
  return text.slice(0, MAX_LENGTH).replaceAll(/[^\u0020-\u007e]/g, '?');
}
