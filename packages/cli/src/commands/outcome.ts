import { hintOf, messageOf } from '@bouncer/stream';
import type { Redactor } from '../settings/redactor.ts';

/** What went wrong, for people: the message, then `fix: ...` on a line of its own. Ends with a line break; no secret, no stack. */
export function printFailure(prefix: string, error: unknown, redactor: Redactor): string {
  const hint = hintOf(error);
  const lines = [`${prefix}: ${messageOf(error)}`, ...(hint === '' ? [] : [`fix: ${hint}`])];
  return `${redactor.hide(lines.join('\n'))}\n`;
}

/** `1 entry`, `2 entries`. */
export function count(amount: number, singular: string, plural: string): string {
  return `${amount} ${amount === 1 ? singular : plural}`;
}
