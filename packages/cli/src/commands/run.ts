import { messageOf } from '@bouncer/stream';
import { exposure, exposureFix, hasOwnNetwork } from '../doctor/exposure-step.ts';
import { startHttpServer } from '../web/http-server.ts';
import { RecentChanges } from '../web/recent-changes.ts';
import { stateFileOf } from '../web/state-file.ts';
import { startUsageReporter } from '../usage/usage-reporter.ts';
import { exitOk } from '../runtime/io.ts';
import { openRuntime } from '../runtime/open-runtime.ts';
import type { Runtime } from '../runtime/open-runtime.ts';
import type { Session } from '../runtime/session.ts';
import { version } from '../runtime/version.ts';

/** Follows the stream until told to stop, and leaves the protection in place. */
export async function run(session: Session): Promise<number> {
  const { program, io } = session;
  const changes = new RecentChanges();
  const runtime = await openRuntime(session, io.stdout, changes.add);
  const { log, controller } = runtime;
  log.info({ connector: program.type, version, targets: runtime.targets.map(({ target }) => target.name) }, 'starting');
  io.onStrayErrors?.((error) => controller.takeStrayError(error));
  // Told at once: what follows may take its time.
  io.signal.addEventListener(
    'abort',
    () => {
      log.info({}, 'stopping; what is blocked stays blocked');
    },
    { once: true },
  );
  // The only target's trouble is the process's; that of one of several is its own, see the engine.
  const [first, ...others] = runtime.targets;
  if (others.length === 0) await first?.target.start?.(io.signal);
  const server = await serve(session, runtime, changes);
  const reporting = controller.pulls
    ? startUsageReporter({ ...sourceOf(session, runtime), client: runtime.client, signal: io.signal })
    : undefined;
  const telling = tell(session, runtime);
  try {
    await controller.run(io.signal);
  } catch (error) {
    if (!io.signal.aborted) throw error;
  }
  await Promise.allSettled([server?.close(), reporting, telling, controller.close()]);
  return exitOk;
}

/** Tells of the verdict where somebody wants to hear of it; the code is read from the disk only then. */
async function tell(session: Session, runtime: Runtime): Promise<void> {
  const { values, redactor } = session.loaded;
  if (values.notifyUrl === undefined) return;
  const { createSend, startNotifier } = await import('../notify/index.ts');
  await startNotifier({
    ...sourceOf(session, runtime),
    send: createSend(values),
    after: values.notifyAfter,
    details: values.notifyDetails,
    hide: (text) => redactor.hide(text),
    signal: session.io.signal,
  });
}

/** What page, metrics and usage metrics tell of. */
function sourceOf({ program, io }: Session, { controller, stream, log }: Runtime) {
  const { type } = program;
  const status = () => controller.status();
  return { type, version, status, set: stream.set, clock: io.clock, log, targets: controller.counting() };
}

/** The pages are a convenience: when they cannot be served, protection goes on without them. */
async function serve(session: Session, runtime: Runtime, changes: RecentChanges) {
  const { program, loaded, io } = session;
  const { controller, stream, log } = runtime;
  const { httpListen: listen, httpToken } = loaded.values;
  if (listen === 'off') return undefined;
  try {
    const server = await startHttpServer({
      ...sourceOf(session, runtime),
      listen,
      stateFile: stateFileOf(io.env, program.type),
      title: program.title,
      holders: (network) => controller.holders(network),
      heldBy: (name) => controller.heldBy(name),
      protectedSpace: runtime.protectedSpace,
      skippedValues: () => stream.skippedValues(),
      changes,
      token: httpToken && (() => httpToken.value()),
      hide: (text) => loaded.redactor.hide(text),
    });
    log.info({ url: server.url }, 'status page');
    const open = exposure(listen, httpToken?.value() ?? '', hasOwnNetwork(io.env));
    if (open !== undefined) log.warn({ listen, seen: open, hint: exposureFix }, 'the status page has no token');
    return server;
  } catch (error) {
    log.warn({ listen, error: messageOf(error) }, 'the status page cannot be served; change HTTP_LISTEN');
    return undefined;
  }
}
