import { readFileSync } from 'node:fs';
import { createLapiClient, DecisionStream } from '@bouncer/stream';
import type { LapiClient, LapiOptions, ProtectedSpace } from '@bouncer/stream';
import {
  lapiAddress,
  type Kind,
  type CoreValues,
  type Logger,
  type Secret,
  type Settings,
  type AnyTarget,
} from '@bouncer/target';
import { createLogger } from '../log/log.ts';
import type { LineSink } from '../log/log.ts';
import { Controller, type ChangeEvent, type FollowedStream } from '@bouncer/engine';
import type { LoadedSettings } from '../settings/load-settings.ts';
import { version } from '../version.ts';
import type { CommandIo } from './io.ts';
import { createProtection } from './protection.ts';

/** A command with everything it was given. */
export interface Session {
  readonly connector: Kind;
  readonly loaded: LoadedSettings<Settings>;
  readonly io: CommandIo;
  /** `--json` */
  readonly json: boolean;
  /** What was given for the connector's own options of this command. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** `--apply`; only `setup` knows it. */
  readonly apply?: boolean;
  /** `--accept-removals`; only `sync` knows it. */
  readonly acceptRemovals?: boolean;
}

/** The parts of a connector, put together and not yet moving. */
export interface Runtime {
  readonly log: Logger;
  readonly client: LapiClient;
  readonly stream: FollowedStream;
  readonly targets: readonly AnyTarget[];
  readonly controller: Controller;
  /** What is never blocked, as the last full pull had it. */
  readonly protectedSpace: () => ProtectedSpace | undefined;
}

/** The logger of a session; `sink` is stdout for `run` and `sync`, stderr where stdout is for the answer. */
export function openLog({ loaded, io }: Session, sink: LineSink): Logger {
  const { logLevel, logFormat } = loaded.values;
  const log = createLogger({ level: logLevel, format: logFormat, sink, redactor: loaded.redactor, clock: io.clock });
  for (const warning of loaded.warnings) log.warn({ warning }, 'unknown variable');
  for (const notice of loaded.notices) log.warn({ notice }, 'imported settings');
  return log;
}

/** Makes the targets. Contacts nothing. */
export async function openTargets({ connector, loaded, io }: Session, log: Logger): Promise<readonly AnyTarget[]> {
  return connector.createTargets(loaded.values, { clock: io.clock, log, version, type: connector.type });
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
export function lapiOptions({ connector, loaded }: Session, log: Logger): LapiOptions {
  const { values } = loaded;
  const key = values.lapiKey;
  return {
    url: values.lapiUrl,
    userAgent: `${connector.type}/v${version}`,
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

/** What must never be blocked: ALLOWLIST, LAPI, the devices and ourselves. */
export function protectionFor({ connector, loaded, io }: Session, log: Logger): () => Promise<ProtectedSpace> {
  const { values } = loaded;
  const { allowlist, blockPrivateNetworks } = values;
  const hosts = [lapiAddress(values.lapiUrl).host, ...connector.deviceHosts(values)];
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
      'the certificate of LAPI is not verified: anyone between us can feed us decisions and read the key',
    );
  }
  const targets = await openTargets(session, log);
  const client = createLapiClient(lapiOptions(session, log));
  const askSpace = protectionFor(session, log);
  let space: ProtectedSpace | undefined;
  const stream = new DecisionStream({
    client,
    clock: io.clock,
    filter: decisionFilter(values),
    protectedSpace: async () => (space = await askSpace()),
    updateFrequency,
    resyncInterval,
    maxRemovalPercent,
    removalHold,
    log,
  });
  const { maxEntries, dryRun } = values;
  const controller = new Controller({
    stream,
    targets,
    clock: io.clock,
    log,
    maxEntries,
    maxRemovalPercent,
    removalHold,
    dryRun,
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
