import { createLapiClient, hintOf, messageOf, storeProblem, systemCertificates } from '@bouncer/stream';
import { checkVerdict } from '../doctor/check-verdict.ts';
import { exposureStep, hasOwnNetwork } from '../doctor/exposure-step.ts';
import { instanceSteps } from '../doctor/instance-steps.ts';
import { checkLapi } from '../doctor/lapi-doctor.ts';
import { printStep } from '../doctor/print-step.ts';
import { failed, passed, warned, type CheckStep, type Logger, type AnyTarget, type TlsTrust } from '@bouncer/target';
import { exitFailed, exitOk } from '../runtime/io.ts';
import { decisionFilter, lapiOptions, openLog, openTargets, protectionFor, readPems } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/open-runtime.ts';
import { version } from '../version.ts';

/** The doctor: every step from here to the block, printed as it is done. Writes nothing anywhere. */
export async function check(session: Session): Promise<number> {
  const { loaded, io, json } = session;
  const log = openLog(session, io.stderr);
  const targets = await openTargets(session, log);
  const steps: CheckStep[] = [];
  for await (const step of allSteps(session, targets, log)) {
    const clean = tidy(step, (text) => loaded.redactor.hide(text));
    steps.push(clean);
    if (!json) io.stdout.write(printStep(clean));
  }
  const ok = steps.every((step) => step.ok);
  const verdict = checkVerdict(steps);
  io.stdout.write(json ? `${JSON.stringify({ ok, verdict, steps })}\n` : `${verdict}\n`);
  return ok ? exitOk : exitFailed;
}

async function* allSteps(session: Session, targets: readonly AnyTarget[], log: Logger): AsyncGenerator<CheckStep> {
  const { connector, loaded, io } = session;
  const { values } = loaded;
  const given = loaded.resolved.filter(({ source }) => source !== 'default').length;
  const from = loaded.configFile === undefined ? '' : `, YAML file ${loaded.configFile}`;
  const settings = `${given} settings given${from}`;
  yield values.dryRun
    ? warned('configuration', `${settings}; DRY_RUN is set: nothing will be written`, 'set DRY_RUN=false to protect')
    : passed('configuration', settings);
  const key = values.lapiKey?.value();
  yield* checkLapi(
    {
      apiUrl: values.lapiUrl,
      headers: {
        'User-Agent': `${connector.type}/v${version}`,
        ...(key === undefined ? {} : { 'X-Api-Key': key }),
      },
      trust: trustOf(session),
      client: createLapiClient(lapiOptions(session, log)),
      filter: decisionFilter(values),
      protectedSpace: protectionFor(session, log),
      name: connector.name,
    },
    io.signal,
  );
  const { httpListen: listen } = values;
  const token = values.httpToken?.value() ?? '';
  yield* instanceSteps({ listen, type: connector.type, token, targets: targets.map(({ name }) => name) });
  const open = exposureStep(listen, token, hasOwnNetwork(io.env));
  if (open) yield open;
  for (const target of targets) {
    for await (const step of deviceSteps(target, io.signal)) {
      yield targets.length > 1 ? { ...step, step: `${target.name}: ${step.step}` } : step;
    }
  }
  yield* extraSteps(session, log);
}

async function* extraSteps(session: Session, log: Logger): AsyncGenerator<CheckStep> {
  const { connector, loaded, io, options = {} } = session;
  if (!connector.extraChecks) return;
  const client = createLapiClient(lapiOptions(session, log));
  const decisions = (signal: AbortSignal) => client.decisions(signal);
  try {
    yield* connector.extraChecks({ values: loaded.values, options, decisions, signal: io.signal });
  } catch (error) {
    io.signal.throwIfAborted();
    yield failed('check', messageOf(error), hintOf(error));
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
