import type { CheckStep } from '@bouncer/connector';
import { hintOf, messageOf } from '@bouncer/stream';

/** Runs one step of the doctor; what it throws is what was seen. */
export async function step(name: string, work: () => Promise<string>): Promise<CheckStep> {
  try {
    return { ok: true, level: 'ok', step: name, seen: await work() };
  } catch (error) {
    const fix = hintOf(error);
    return {
      ok: false,
      level: 'fail',
      step: name,
      seen: messageOf(error),
      fix: fix === '' ? 'run the same by hand to see more' : fix,
    };
  }
}
