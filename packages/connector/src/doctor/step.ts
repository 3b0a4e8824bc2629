import type { CheckStep } from '../target/target.ts';

export function passed(step: string, seen: string): CheckStep {
  return { ok: true, step, seen };
}

export function failed(step: string, seen: string, fix: string): CheckStep {
  return { ok: false, step, seen, fix };
}

/** `ok <step> <what was seen>` or `FAIL <step> <what was seen>`, the fix below it, each on one line. */
export function printStep({ ok, step, seen, fix }: CheckStep): string {
  const first = `${ok ? 'ok' : 'FAIL'} ${step} ${oneLine(seen)}\n`;
  return ok || fix === undefined || fix === '' ? first : `${first}fix: ${oneLine(fix)}\n`;
}

/** What was seen may come from the other side: no line break or control character of its may reach a terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
