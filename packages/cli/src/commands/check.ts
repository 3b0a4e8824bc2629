import { createLapiClient, hintOf, messageOf, storeProblem, systemCertificates } from '@bouncer/stream';
import { checkVerdict } from '../doctor/check-verdict.ts';
import { exposureStep, hasOwnNetwork } from '../doctor/exposure-step.ts';
import { instanceSteps } from '../doctor/instance-steps.ts';
import { checkLapi } from '../doctor/lapi-doctor.ts';
import { printHeading, printStep, printVerdict } from '../doctor/print-step.ts';
import { failed, passed, warned, type CheckStep, type Logger, type AnyTarget, type TlsTrust } from '@bouncer/target';
import { exitFailed, exitOk } from '../runtime/io.ts';
import { decisionFilter, lapiOptions, openLog, protectionFor, readPems } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/session.ts';
import { openTargets } from '../runtime/open-targets.ts';
import type { OpenTarget } from '../runtime/open-targets.ts';
import { version } from '../runtime/version.ts';

/** The doctor: every step from here to the block, printed as it is done. Writes nothing anywhere. */
export async function check(session: Session): Promise<number> {
  const { loaded, io, json } = session;
  const log = openLog(session, io.stderr);
  const targets = await openTargets(session, log);
  const colour = io.stdout.isTTY === true && (io.env['NO_COLOR'] ?? '') === '';
  const steps: CheckStep[] = [];
  let heading = '';
  for await (const { about, step } of allSteps(session, targets, log)) {
    const clean = tidy(step, (text) => loaded.redactor.hide(text));
    if (!json && about !== heading) io.stdout.write(printHeading(about, heading === '', colour));
    heading = about;
    steps.push(clean);
    if (!json) io.stdout.write(printStep(clean, colour));
  }
  const ok = steps.every((step) => step.ok);
  const verdict = checkVerdict(steps);
  io.stdout.write(json ? `${JSON.stringify({ ok, verdict, steps })}\n` : printVerdict(verdict, steps, colour));
  return ok ? exitOk : exitFailed;
}

/** A step, and the heading that it stands below. */
interface PlacedStep {
  readonly about: string;
  readonly step: CheckStep;
}

async function* below(
  about: string,
  steps: AsyncIterable<CheckStep> | Iterable<CheckStep>,
): AsyncGenerator<PlacedStep> {
  for await (const step of steps) yield { about, step };
}

async function* allSteps(session: Session, targets: readonly OpenTarget[], log: Logger): AsyncGenerator<PlacedStep> {
  const { values } = session.loaded;
  yield* below('Settings', [settingsStep(session)]);
  yield* below(`LAPI ${values.lapiUrl}`, lapiSteps(session, log));
  yield* below('This connector', ownSteps(session, targets));
  yield* below('This connector', webhookSteps(session));
  for (const target of targets) yield* below(target.target.name, targetSteps(session, target, targets.length === 1));
  yield* extraSteps(session, log);
}

function settingsStep({ loaded }: Session): CheckStep {
  const { values } = loaded;
  const given = loaded.resolved.filter(({ source }) => source !== 'default').length;
  const from = loaded.configFile === undefined ? '' : `, YAML file ${loaded.configFile}`;
  const settings = `${given} settings given${from}`;
  return values.dryRun
    ? warned('configuration', `${settings}; DRY_RUN is set: nothing will be written`, 'set DRY_RUN=false to protect')
    : passed('configuration', settings);
}

function lapiSteps(session: Session, log: Logger): AsyncGenerator<CheckStep> {
  const { program, loaded, io } = session;
  const { values } = loaded;
  const key = values.lapiKey?.value();
  return checkLapi(
    {
      apiUrl: values.lapiUrl,
      proxy: values.lapiProxy,
      headers: {
        'User-Agent': `${program.type}/v${version}`,
        ...(key === undefined ? {} : { 'X-Api-Key': key }),
      },
      trust: trustOf(session),
      client: createLapiClient(lapiOptions(session, log)),
      filter: decisionFilter(values),
      protectedSpace: protectionFor(session, log),
      name: program.preset?.name ?? 'bouncer',
    },
    io.signal,
  );
}

async function* ownSteps({ program, loaded, io }: Session, targets: readonly OpenTarget[]): AsyncGenerator<CheckStep> {
  const { values } = loaded;
  const { httpListen: listen } = values;
  const token = values.httpToken?.value() ?? '';
  yield* instanceSteps({ listen, type: program.type, token, targets: targets.map(({ target }) => target.name) });
  const open = exposureStep(listen, token, hasOwnNetwork(io.env));
  if (open) yield open;
}

/** The webhook, where there is one or somebody asks for it. */
async function* webhookSteps(session: Session): AsyncGenerator<CheckStep> {
  const { program, loaded, io, options = {} } = session;
  const isAsked = options['notify'] === true;
  if (loaded.values.notifyUrl === undefined && !isAsked) return;
  const { notifySteps } = await import('../notify/index.ts');
  // The key of the client's certificate is LAPI's business alone.
  const trust = { ca: trustOf(session).ca, insecureSkipVerify: false, storeProblem: storeProblem() };
  yield* notifySteps({ values: loaded.values, type: program.type, version, trust, isAsked }, io.signal);
}

async function* targetSteps(
  { loaded, io }: Session,
  { target, values: own }: OpenTarget,
  isOne: boolean,
): AsyncGenerator<CheckStep> {
  const named = (step: CheckStep): CheckStep => (isOne ? step : { ...step, step: `${target.name}: ${step.step}` });
  if (own.dryRun && !loaded.values.dryRun) {
    yield named(warned('configuration', 'a dry run: nothing will be written', 'set dry_run: false to protect'));
  }
  for await (const step of deviceSteps(target, io.signal)) yield named(step);
}

async function* extraSteps(session: Session, log: Logger): AsyncGenerator<PlacedStep> {
  const { loaded, io, options = {} } = session;
  const client = createLapiClient(lapiOptions(session, log));
  const decisions = (signal: AbortSignal) => client.decisions(signal);
  for (const { kind, name, values } of loaded.targets) {
    const own = name ?? kind.title;
    const named = (step: CheckStep): PlacedStep => ({
      about: own,
      step: loaded.targets.length > 1 ? { ...step, step: `${name ?? kind.name}: ${step.step}` } : step,
    });
    try {
      for await (const step of kind.extraChecks?.({ values, options, decisions, signal: io.signal }) ?? []) {
        yield named(step);
      }
    } catch (error) {
      io.signal.throwIfAborted();
      yield named(failed('check', messageOf(error), hintOf(error)));
    }
  }
}

/** A target that throws instead of telling must not hide the other targets. */
async function* deviceSteps(target: AnyTarget, signal: AbortSignal): AsyncGenerator<CheckStep> {
  try {
    yield* target.check(signal);
  } catch (error) {
    signal.throwIfAborted();
    yield failed('device', messageOf(error), hintOf(error));
  } finally {
    await target.close();
  }
}

function trustOf({ loaded }: Session): TlsTrust {
  const { ca, clientCert, clientKey } = readPems(loaded.values);
  return {
    ca: [...systemCertificates(), ...(ca === undefined ? [] : [ca])],
    ...(clientCert === undefined ? {} : { cert: clientCert }),
    ...(clientKey === undefined ? {} : { key: clientKey }),
    insecureSkipVerify: loaded.values.lapiInsecureSkipVerify,
    storeProblem: storeProblem(),
  };
}

/** Also gives every failure something to do: a step without a fix leaves people alone. */
function tidy({ ok, level, step, seen, fix = '' }: CheckStep, hide: (text: string) => string): CheckStep {
  if (level === 'ok') return { ok, level, step, seen: hide(seen) };
  const something = fix === '' ? 'run it again with LOG_LEVEL=debug and look at the log' : hide(fix);
  return { ok, level, step, seen: hide(seen), fix: something };
}
