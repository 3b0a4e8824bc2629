import { hintOf } from '@bouncer/stream';
import type { TargetOutcome, TargetStatus } from '@bouncer/engine';
import { exitFailed, exitOk } from '../runtime/io.ts';
import { openRuntime } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/session.ts';
import { count, printFailure } from './outcome.ts';

/** One full pull, one reconcile of every device, then the end. With `--json` stdout holds the outcome alone. */
export async function sync(session: Session): Promise<number> {
  const { io, loaded, json } = session;
  const { controller } = await openRuntime(session, json ? io.stderr : io.stdout);
  const outcomes = await controller.sync(io.signal);
  const status = new Map(controller.status().targets.map((target) => [target.name, target]));
  const ok = outcomes.every((outcome) => outcome.ok);
  if (json) {
    const targets = outcomes.map((outcome) => report(outcome, status.get(outcome.target)));
    io.stdout.write(`${loaded.redactor.hide(JSON.stringify({ ok, targets }))}\n`);
    return ok ? exitOk : exitFailed;
  }
  for (const outcome of outcomes) {
    const { target, error } = outcome;
    if (outcome.ok) {
      const { entries, created, updated, deleted } = report(outcome, status.get(target));
      io.stdout.write(
        `${target}: in step, ${count(entries, 'entry', 'entries')} (${created} created, ${updated} updated, ${deleted} deleted)\n`,
      );
    } else io.stderr.write(printFailure(`${target}: not in step`, error ?? 'unknown', loaded.redactor));
  }
  return ok ? exitOk : exitFailed;
}

function report({ target, ok, held, error }: TargetOutcome, status: TargetStatus | undefined) {
  const { created, updated, deleted } = status?.writes ?? { created: 0, updated: 0, deleted: 0 };
  return {
    ...{ target, ok, entries: status?.held ?? 0, created, updated, deleted },
    ...(held !== undefined && { heldRemovals: held }),
    ...(error && { error: error.message, fix: hintOf(error) }),
  };
}
