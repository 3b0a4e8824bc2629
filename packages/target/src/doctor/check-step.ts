import { hintOf, messageOf } from '@bouncer/stream';
import type { Concern } from '../target.ts';

/** How a step of the doctor ended. `warn`: nothing is known to be wrong, but it was not seen to be right either. */
export type CheckLevel = 'ok' | 'warn' | 'fail';

/** One line of the doctor. Made by `passed`, `warned` and `failed`. */
export interface CheckStep {
  /** False only at level `fail`. */
  readonly ok: boolean;
  readonly level: CheckLevel;
  /** One or two words: `login`, `rule`. */
  readonly step: string;
  /** What was seen. */
  readonly seen: string;
  /** What to do about it; required unless the level is `ok`. */
  readonly fix?: string;
}

/** A step that saw that all is well. What could not be seen is a `warned`, never this. */
export function passed(step: string, seen: string): CheckStep {
  return { ok: true, level: 'ok', step, seen };
}

/** A step that could not see what matters, or saw something that may let an address through later. */
export function warned(step: string, seen: string, fix: string): CheckStep {
  return { ok: true, level: 'warn', step, seen, fix };
}

/** A step that saw that a banned address gets through, or that the connector cannot work. */
export function failed(step: string, seen: string, fix: string): CheckStep {
  return { ok: false, level: 'fail', step, seen, fix };
}

/** A step that ended with this error; `otherwise` is what to do when the error does not say. */
export function errorStep(step: string, error: unknown, otherwise = ''): CheckStep {
  return failed(step, messageOf(error), hintOf(error) || otherwise);
}

/** Runs one step: what it gives is what was seen, and so is what it throws. */
export async function triedStep(
  step: string,
  work: () => Promise<string>,
  otherwise = 'run the same command in a shell to see more',
): Promise<CheckStep> {
  try {
    return passed(step, await work());
  } catch (error) {
    return errorStep(step, error, otherwise);
  }
}

/** What was seen of one thing that a block depends on: good as a step of the doctor, or as a concern while running. */
export interface Finding {
  readonly level: 'ok' | Concern['level'];
  readonly seen: string;
  /** What to do about it; required unless the level is `ok`. */
  readonly fix?: string;
}

/** A finding as a line of the doctor. */
export function stepOf(step: string, { level, seen, fix = '' }: Finding): CheckStep {
  if (level === 'ok') return passed(step, seen);
  return level === 'fail' ? failed(step, seen, fix) : warned(step, seen, fix);
}

/** Findings, or steps, as parts of the verdict of a running connector: those that are not well. */
export function concernsOf(findings: readonly Finding[]): readonly Concern[] {
  return findings.flatMap(({ level, seen, fix = '' }) => (level === 'ok' ? [] : [{ level, seen, fix }]));
}
