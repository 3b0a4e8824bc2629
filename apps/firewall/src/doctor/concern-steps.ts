import { passed, stepOf, type CheckStep, type Concern } from '@bouncer/target';

/** Concerns as steps of the doctor; `good` is what is said when there are none (nothing, if it was not seen). */
export function stepsOf(name: string, concerns: readonly Concern[], good: string | undefined): readonly CheckStep[] {
  if (concerns.length === 0) return good === undefined ? [] : [passed(name, good)];
  return concerns.map((concern) => stepOf(name, concern));
}
