import type { CheckStep } from '@bouncer/target';

const words = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const;
const colours = { ok: '\u001b[32m', warn: '\u001b[33m', fail: '\u001b[31m' } as const;
const bold = '\u001b[1m';
const plain = '\u001b[0m';

/** `ok|warn|FAIL <step> <what was seen>`, the fix indented below it, each on one line. */
export function printStep({ level, step, seen, fix }: CheckStep, colour = false): string {
  const word = colour ? `${colours[level]}${words[level]}${plain}` : words[level];
  const first = `${word} ${step} ${oneLine(seen)}\n`;
  return level === 'ok' || fix === undefined || fix === '' ? first : `${first}  fix: ${oneLine(fix)}\n`;
}

/** What the next steps are about: a line of its own, after an empty one unless it is the first. */
export function printHeading(heading: string, isFirst: boolean, colour = false): string {
  const text = oneLine(heading);
  return `${isFirst ? '' : '\n'}${colour ? `${bold}${text}${plain}` : text}\n`;
}

/** The last line, apart from the steps. */
export function printVerdict(verdict: string, steps: readonly CheckStep[], colour = false): string {
  const level = steps.some((step) => !step.ok) ? 'fail' : steps.some((step) => step.level === 'warn') ? 'warn' : 'ok';
  return `\n${colour ? `${colours[level]}${verdict}${plain}` : verdict}\n`;
}

/** What was seen may come from the other side: no line break or control character of its may reach a terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
