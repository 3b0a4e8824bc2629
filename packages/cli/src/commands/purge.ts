import { exitFailed, exitOk } from '../runtime/io.ts';
import { askHealth } from '../doctor/healthcheck.ts';
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
  await warnOfRunning(session);
  const { controller } = await openRuntime(session, io.stderr);
  const outcomes = await controller.purge(io.signal);
  for (const { target, ok, removed = 0, note, error } of outcomes) {
    const done = `${count(removed, 'entry', 'entries')} removed`;
    if (ok) io.stdout.write(`${target}: ${done}\n${note === undefined ? '' : `${note}\n`}`);
    else io.stderr.write(printFailure(`${target}: ${done}, then failed`, error ?? 'unknown', loaded.redactor));
  }
  return outcomes.every(({ ok }) => ok) ? exitOk : exitFailed;
}

/** One that runs puts everything back within a minute, and nobody who purges means that. */
async function warnOfRunning({ io, loaded, program }: Session): Promise<void> {
  const { httpListen } = loaded.values;
  if (httpListen === 'off') return;
  const { isOurs, line } = await askHealth(httpListen, program.type);
  if (!isOurs) return;
  io.stderr.write(
    `purge: a connector runs here (${line}) and will put back what is removed\nfix: stop it first (docker stop NAME, systemctl stop), then purge again\n`,
  );
}
