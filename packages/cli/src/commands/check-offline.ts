import { warned, type CheckStep, type Kind, type Problem } from '@bouncer/target';
import { checkVerdict } from '../doctor/check-verdict.ts';
import { printStep } from '../doctor/print-step.ts';
import { exitFailed, exitOk } from '../runtime/io.ts';
import type { CommandIo } from '../runtime/io.ts';
import type { Program } from '../runtime/program.ts';
import { resolveAll } from '../settings/load-settings.ts';
import { configError } from '../settings/problem.ts';
import { Redactor } from '../settings/redactor.ts';
import type { Flags } from './execute.ts';

/**
 * `check` of files alone, for somebody who has no connector yet: only when an option asks for it and no LAPI is named.
 * Gives the exit code, or undefined when there is nothing that could be checked so.
 * @throws ConfigError when a setting that these checks use is wrong.
 */
export async function checkOffline(program: Program, flags: Flags, io: CommandIo): Promise<number | undefined> {
  const { preset } = program;
  const kinds = preset ? [preset] : await Promise.all(Object.values(program.kinds).map((load) => load()));
  const steps: CheckStep[] = [
    warned(
      'configuration',
      'no CROWDSEC_API_URL: only these files are looked at, without LAPI and the device',
      'give CROWDSEC_API_URL and CROWDSEC_BOUNCER_API_KEY to check the whole way',
    ),
  ];
  let asked = false;
  for (const kind of kinds) {
    const checks = kind.offlineChecks?.({ values: ownValues(kind, io), options: flags });
    if (checks === undefined) continue;
    asked = true;
    for await (const step of checks) steps.push(step);
  }
  if (!asked) return undefined;
  const ok = steps.every((step) => step.ok);
  const verdict = checkVerdict(steps);
  io.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ ok, verdict, steps })}\n`
      : `${steps.map(printStep).join('')}${verdict}\n`,
  );
  return ok ? exitOk : exitFailed;
}

/** The kind's own settings by the environment; what is required for running is not missed here. */
function ownValues(kind: Kind, { env }: CommandIo): Readonly<Record<string, unknown>> {
  const problems: Problem[] = [];
  const redactor = new Redactor();
  const { values } = resolveAll(kind.settings, { env, yaml: undefined, problems, redactor });
  const wrong = problems.filter(({ problem }) => problem !== 'is missing');
  if (wrong.length > 0) throw configError(wrong, redactor);
  return values;
}
