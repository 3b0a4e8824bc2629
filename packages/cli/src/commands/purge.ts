import { exitFailed, exitOk } from '../runtime/io.ts';
import { openRuntime } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/session.ts';
import { count, printFailure } from './outcome.ts';

/** Removes every entry that we own from every device, and nothing else. */
export async function purge(session: Session): Promise<number> {
  const { io, loaded } = session;
  if (loaded.values.dryRun) {
    io.stderr.write('purge: nothing removed, DRY_RUN is set\n');
    return exitFailed;
  }
  const { controller } = await openRuntime(session, io.stderr);
  const outcomes = await controller.purge(io.signal);
  for (const { target, ok, removed = 0, note, error } of outcomes) {
    const done = `${count(removed, 'entry', 'entries')} removed`;
    if (ok) io.stdout.write(`${target}: ${done}\n${note === undefined ? '' : `${note}\n`}`);
    else io.stderr.write(printFailure(`${target}: ${done}, then failed`, error ?? 'unknown', loaded.redactor));
  }
  return outcomes.every(({ ok }) => ok) ? exitOk : exitFailed;
}
