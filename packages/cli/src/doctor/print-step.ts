import type { CheckStep } from '@bouncer/target';

const words = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const;

/** `ok|warn|FAIL <step> <what was seen>`, the fix below it, each on one line. */
export function printStep({ level, step, seen, fix }: CheckStep): string {
  const first = `${words[level]} ${step} ${oneLine(seen)}\n`;
  return level === 'ok' || fix === undefined || fix === '' ? first : `${first}fix: ${oneLine(fix)}\n`;
}

/** What was seen may come from the other side: no line break or control character of its may reach a terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
