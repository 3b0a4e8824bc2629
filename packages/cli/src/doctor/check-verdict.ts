import type { CheckStep } from '@bouncer/target';

/** What all steps come to, in one sentence: the last line of `check`. */
export function checkVerdict(steps: readonly CheckStep[]): string {
  const failing = steps.filter(({ level }) => level === 'fail').map(({ step }) => step);
  const unseen = steps.filter(({ level }) => level === 'warn').map(({ step }) => step);
  const some = unseen.length === 1 ? '1 warning' : `${unseen.length} warnings`;
  const warnings = unseen.length === 0 ? '' : some;
  if (failing.length > 0) {
    const also = warnings === '' ? '' : `, and ${warnings} (${names(unseen)})`;
    return `Not protecting: ${failing.length} of ${steps.length} steps FAIL (${names(failing)})${also}.`;
  }
  if (warnings !== '') {
    return `Nothing fails, but not all of it was seen to be right: ${warnings} (${names(unseen)}) in ${steps.length} steps.`;
  }
  return `Protecting: all ${steps.length} steps were seen to be right.`;
}

function names(steps: readonly string[]): string {
  return [...new Set(steps)].join(', ').replaceAll(/\s+/g, ' ');
}
