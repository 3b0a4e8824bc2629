import { failed, passed, type CheckStep } from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';

/** Runs one step of the doctor; what it throws is what was seen. */
export async function step(name: string, work: () => Promise<string>): Promise<CheckStep> {
  try {
    return passed(name, await work());
  } catch (error) {
    const fix = hintOf(error);
    return failed(name, messageOf(error), fix === '' ? 'run the same by hand to see more' : fix);
  }
}
