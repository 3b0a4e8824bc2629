import { messageOf, withTimeout } from '@bouncer/stream';
import type { Clock } from '@bouncer/stream';
import type { Concern, Logger, AnyTarget, TargetFacts } from '@bouncer/target';

/** A connection that does not end is left to itself after so long, in milliseconds. */
const CLOSE_TIMEOUT_MS = 10_000;

/** What a target tells of itself without I/O. One that throws there must not take the status of all others with it. */
export function tellingOf(target: AnyTarget): { readonly facts: TargetFacts; readonly concerns: readonly Concern[] } {
  const troubles: Concern[] = [];
  const ask = <T>(what: string, question: () => T, otherwise: T): T => {
    try {
      return question();
    } catch (error) {
      const fix = 'this is a bug in the connector: please report it with the log';
      troubles.push({ level: 'warn', seen: `its ${what} cannot be read: ${messageOf(error)}`, fix });
      return otherwise;
    }
  };
  const facts = ask('facts', () => target.facts?.() ?? {}, {});
  const concerns = ask('concerns', () => target.concerns?.() ?? [], []);
  return { facts, concerns: troubles.length === 0 ? concerns : [...concerns, ...troubles] };
}

/** Ends a target's connection; never rejects and takes ten seconds at most, whatever the target does. */
export async function closeTarget(target: AnyTarget, clock: Clock, log: Logger): Promise<void> {
  const late = (): Error => new Error(`no end within ${CLOSE_TIMEOUT_MS / 1000} s`);
  try {
    await withTimeout(async () => target.close(), CLOSE_TIMEOUT_MS, clock, undefined, late);
  } catch (error) {
    log.debug({ target: target.name, error: messageOf(error) }, 'the connection did not end well');
  }
}
