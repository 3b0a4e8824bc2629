import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createLapiClient, DecisionStream, lapiSocketPath } from '@bouncer/stream';
import type { LapiClient, LapiOptions, Network, ProtectedSpace, ViewOptions } from '@bouncer/stream';
import { apiAddress, type CoreValues, type Logger, type Secret } from '@bouncer/target';
import { createLogger } from '../log/log.ts';
import type { LineSink } from '../log/log.ts';
import { Controller, type ChangeEvent, type FollowedStream, type TargetSpec } from '@bouncer/engine';
import type { LoadedProgram } from '../settings/load-program.ts';
import { version } from './version.ts';
import { decisionIdIn } from './decision-id.ts';
import { openTargets } from './open-targets.ts';
import type { OpenTarget } from './open-targets.ts';
import { createProtection } from './protection.ts';
import { withPullProgress } from './pull-progress.ts';
import type { Session } from './session.ts';

/** The parts of a connector, put together and not yet moving. */
export interface Runtime {
  readonly log: Logger;
  readonly client: LapiClient;
  readonly stream: FollowedStream;
  readonly targets: readonly OpenTarget[];
  readonly controller: Controller;
  /** What is never blocked, as the last full pull had it. */
  readonly protectedSpace: () => ProtectedSpace | undefined;
}

/** The logger of a session; `sink` is stdout for `run` and `sync`, stderr where stdout is for the answer. */
export function openLog({ loaded, io, isService = false }: Session, sink: LineSink): Logger {
  const { logLevel, logFormat } = loaded.values;
  // A line of JSON ahead of an answer in plain words is noise; who collects lines says LOG_FORMAT=json.
  const format = logFormat ?? (isService ? undefined : 'pretty');
  const log = createLogger({ level: logLevel, format, sink, redactor: loaded.redactor, clock: io.clock });
  for (const warning of loaded.warnings) log.warn({ warning }, 'unknown variable');
  for (const notice of loaded.notices) log.warn({ notice }, 'imported settings');
  return log;
}

/** The PEM texts that lead to LAPI, as far as they are given. */
export function readPems(values: CoreValues): Pick<LapiOptions, 'ca' | 'clientCert' | 'clientKey'> {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path, 'utf8'));
  return {
    ca: read(values.lapiCaFile),
    clientCert: read(values.lapiClientCertFile),
    clientKey: read(values.lapiClientKeyFile),
  };
}

/** How LAPI is reached; files are read now, the key at every request. */
export function lapiOptions({ program, loaded }: Session, log: Logger): LapiOptions {
  const { values } = loaded;
  const key = values.lapiKey;
  return {
    url: values.lapiUrl,
    proxy: values.lapiProxy,
    userAgent: `${program.type}/v${version}`,
    insecureSkipVerify: values.lapiInsecureSkipVerify,
    ...readPems(values),
    ...(key && keyFrom(key, log)),
  };
}

/** A refused key is read again right before the next try: by then its file may hold another one, and no try is lost. */
function keyFrom(key: Secret, log: Logger): Pick<LapiOptions, 'apiKey' | 'onAuthFailure'> {
  let isRefused = false;
  return {
    apiKey: () => {
      if (isRefused && key.refresh()) log.info({}, 'the API key was read again and has changed');
      isRefused = false;
      return key.value();
    },
    onAuthFailure: () => {
      isRefused = true;
    },
  };
}

/** Which decisions are enforced. */
export function decisionFilter(values: CoreValues) {
  const { decisionTypes, origins, scenariosContaining, scenariosNotContaining } = values;
  return { types: new Set(decisionTypes), origins, scenariosContaining, scenariosNotContaining };
}

/** Hosts on the way to LAPI; none with a unix socket. What is behind a proxy may have a name that only the proxy can resolve. */
function lapiHosts({ lapiUrl, lapiProxy }: CoreValues): readonly string[] {
  if (lapiSocketPath(lapiUrl) !== undefined) return [];
  const { host } = apiAddress(lapiUrl);
  if (lapiProxy === undefined) return [host];
  return isIP(host) === 0 ? [lapiProxy.host] : [lapiProxy.host, host];
}

/** What must never be blocked: ALLOWLIST, LAPI, the devices and ourselves. */
export function protectionFor({ loaded, io }: Session, log: Logger): () => Promise<ProtectedSpace> {
  const { values } = loaded;
  const { allowlist, blockPrivateNetworks } = values;
  const devices = loaded.targets.flatMap((target) => target.kind.deviceHosts(target.values));
  const hosts = [...lapiHosts(values), ...devices];
  return createProtection({ allowlist, blockPrivateNetworks, hosts, clock: io.clock, log });
}

/** Puts the parts of a connector together. Contacts nothing. */
export async function openRuntime(
  session: Session,
  sink: LineSink,
  onChange?: (event: ChangeEvent) => void,
): Promise<Runtime> {
  const { loaded, io } = session;
  const { values } = loaded;
  const { updateFrequency, resyncInterval, removalHold } = values;
  const maxRemovalPercent = session.acceptRemovals === true ? 100 : values.maxRemovalPercent;
  const log = openLog(session, sink);
  if (values.lapiInsecureSkipVerify) {
    log.warn(
      { variable: 'CROWDSEC_INSECURE_SKIP_VERIFY' },
      'the certificate of LAPI is not verified: a man in the middle can inject decisions and read the key',
    );
  }
  const targets = await openTargets(session, log, (own) =>
    decisionIdIn(() => {
      const view = viewOf(loaded, own);
      return view ? stream.view(view).set : stream.set;
    }),
  );
  const client = withPullProgress(createLapiClient(lapiOptions(session, log)), io.clock, log);
  const askSpace = protectionFor(session, log);
  let space: ProtectedSpace | undefined;
  const base = baseOf(loaded);
  const stream = new DecisionStream({
    client,
    clock: io.clock,
    filter: { ...decisionFilter(values), types: new Set(base.decisionTypes) },
    allowlist: ownAllowlist(loaded, base),
    protectedSpace: async () => (space = await askSpace()),
    updateFrequency,
    resyncInterval,
    maxRemovalPercent,
    removalHold,
    log,
  });
  const controller = new Controller({
    stream,
    targets: targets.map(({ target, values: own }) => ({ target, ...specOf(loaded, own) })),
    clock: io.clock,
    log,
    maxRemovalPercent,
    removalHold,
    dryRun: values.dryRun,
    resyncInterval,
    updateFrequency,
    onChange: (event) => {
      const { action, target, network, origin, scenario } = event;
      log.debug({ target, network, origin, scenario }, action);
      onChange?.(event);
    },
  });
  return { log, client, stream, targets, controller, protectedSpace: () => space };
}

/** Whose decision types and allowlist the main view has: a target's that has none of its own, if there is one. */
function baseOf({ values, targets }: LoadedProgram): CoreValues {
  const isPlain = (own: CoreValues): boolean =>
    own.decisionTypes === values.decisionTypes && own.allowlist === values.allowlist;
  return targets.find((target) => isPlain(target.values))?.values ?? targets[0]?.values ?? values;
}

/** What a target has of its own, beside the base. */
function specOf(loaded: LoadedProgram, own: CoreValues): Omit<TargetSpec, 'target'> {
  return { maxEntries: own.maxEntries, dryRun: own.dryRun, ...viewOf(loaded, own) };
}

function viewOf(loaded: LoadedProgram, own: CoreValues): ViewOptions | undefined {
  const base = baseOf(loaded);
  const isBase = own.decisionTypes === base.decisionTypes && own.allowlist === base.allowlist;
  return isBase ? undefined : { types: own.decisionTypes, allowlist: ownAllowlist(loaded, own) };
}

function ownAllowlist({ values }: LoadedProgram, own: CoreValues): readonly Network[] {
  return own.allowlist === values.allowlist ? [] : own.allowlist.slice(values.allowlist.length);
}
