import { exitFailed, exitOk } from '../runtime/io.ts';
import { openRuntime } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/open-runtime.ts';
import { count, printFailure } from './outcome.ts';

/** One full pull, one reconcile of every device, then the end. */
export async function sync(session: Session): Promise<number> {
  const { io, loaded } = session;
  const { controller } = await openRuntime(session, io.stdout);
  const outcomes = await controller.sync(io.signal);
  const status = new Map(controller.status().targets.map((target) => [target.name, target]));
  for (const { target, ok, error } of outcomes) {
    if (!ok) {
      io.stderr.write(printFailure(`${target}: not in step`, error ?? 'unknown', loaded.redactor));
      continue;
    }
    const { held = 0, writes = { created: 0, updated: 0, deleted: 0 } } = status.get(target) ?? {};
    const { created, updated, deleted } = writes;
    io.stdout.write(
      `${target}: in step, ${count(held, 'entry', 'entries')} (${created} created, ${updated} updated, ${deleted} deleted)\n`,
    );
  }
  return outcomes.every(({ ok }) => ok) ? exitOk : exitFailed;
}
