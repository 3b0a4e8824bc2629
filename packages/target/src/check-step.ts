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
