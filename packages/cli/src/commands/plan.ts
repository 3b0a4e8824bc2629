import { hintOf, messageOf } from '@bouncer/stream';
import type { PlanResult } from '@bouncer/engine';
import { exitFailed, exitOk } from '../runtime/io.ts';
import { openRuntime } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/session.ts';
import { printFailure } from './outcome.ts';

/** What `sync` would do; changes nothing. stdout holds the plan alone, the log goes to stderr. */
export async function plan(session: Session): Promise<number> {
  const { io, json, loaded } = session;
  const { controller } = await openRuntime(session, io.stderr);
  const results = await controller.plan(io.signal);
  const planned = results.filter(({ error }) => error === undefined);
  const failed = results.flatMap(({ target, error }) => (error ? [printFailure(target, error, loaded.redactor)] : []));
  const totals = (): string =>
    loaded.redactor.hide(JSON.stringify({ ...planTotals(planned), targets: results.map(report) }));
  io.stdout.write(json ? `${totals()}\n` : planned.map(printPlan).join(''));
  for (const line of failed) io.stderr.write(line);
  return failed.length === 0 ? exitOk : exitFailed;
}

/** The sums over all targets; a value that several targets skip for one reason is named once. */
function planTotals(results: readonly PlanResult[]): object {
  const sum = (pick: (result: PlanResult) => number): number =>
    results.reduce((total, result) => total + pick(result), 0);
  const skipped = new Map(
    results.flatMap((result) => result.skipped).map((item) => [`${item.reason} ${item.value}`, item]),
  );
  return {
    create: sum((result) => result.create),
    update: sum((result) => result.update),
    delete: sum((result) => result.delete),
    unchanged: sum((result) => result.unchanged),
    skipped: [...skipped.values()],
  };
}

/** One target for machines: its plan, or why there is none. */
function report({ error, ...result }: PlanResult): object {
  return error ? { target: result.target, error: messageOf(error), fix: hintOf(error) } : result;
}

function printPlan({ target, create, update, delete: remove, unchanged, skipped, held }: PlanResult): string {
  const lines = [`${target}: create ${create}, update ${update}, delete ${remove}, unchanged ${unchanged}`];
  if (held !== undefined) lines.push(`  held: ${held}`);
  const reasons = new Map<string, string[]>();
  for (const { value, reason } of skipped) reasons.set(reason, [...(reasons.get(reason) ?? []), value]);
  for (const [reason, values] of reasons) {
    // Values come from LAPI: printed as JSON, so that none can move a terminal's cursor.
    const examples = values.slice(0, 3).map((value) => JSON.stringify(value.slice(0, 60)));
    lines.push(`  skipped ${values.length}: ${reason} (${examples.join(', ')}${values.length > 3 ? ', ...' : ''})`);
  }
  return `${lines.join('\n')}\n`;
}
