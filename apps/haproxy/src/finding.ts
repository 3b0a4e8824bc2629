import { failed, passed, warned, type CheckStep, type Concern } from '@bouncer/target';

/** What was seen of one thing that the block depends on; `unseen` when it cannot be seen from here. */
export interface Finding {
  readonly level: 'ok' | 'unseen' | 'warn' | 'fail';
  readonly seen: string;
  /** Empty at level `ok`. */
  readonly fix: string;
}

/** As a line of the doctor. */
export function stepOf(step: string, { level, seen, fix }: Finding): CheckStep {
  if (level === 'ok') return passed(step, seen);
  return level === 'fail' ? failed(step, seen, fix) : warned(step, seen, fix);
}

/** As a part of the verdict of a running connector: nothing when all is well. */
export function concernOf({ level, seen, fix }: Finding): readonly Concern[] {
  return level === 'ok' ? [] : [{ level, seen, fix }];
}
