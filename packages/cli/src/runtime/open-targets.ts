import { ConfigError } from '@bouncer/stream';
import type { AnyTarget, DecisionIdOf, Kind, Logger, LogFields } from '@bouncer/target';
import type { LoadedTarget, TargetValues } from '../settings/target-settings.ts';
import { version } from './version.ts';
import type { Session } from './session.ts';

/** One device with the settings that it was made of. */
export interface OpenTarget {
  readonly target: AnyTarget;
  readonly kind: Kind;
  readonly values: TargetValues;
  /** False when its decisions are somebody else's affair, who asks LAPI with the same key. */
  readonly follows: boolean;
}

/** What is followed with these settings; nothing where decisions are not. */
export type DecisionIds = (values: TargetValues) => DecisionIdOf | undefined;

/** Makes the targets. Contacts nothing. @throws ConfigError that names the target. */
export async function openTargets(
  session: Session,
  log: Logger,
  decisionIds: DecisionIds = () => undefined,
): Promise<readonly OpenTarget[]> {
  const { targets } = session.loaded;
  const open = (await Promise.all(targets.map((target) => openOne(session, target, log, decisionIds)))).flat();
  const aside = open.find(({ follows }) => !follows);
  if (aside && open.some(({ follows }) => follows)) {
    throw new ConfigError(
      `${aside.target.name}: with these settings another program asks LAPI with the same key, and each decision would reach only one of the two; run it in a process with a key of its own, or choose another mode`,
    );
  }
  return open;
}

async function openOne(
  { program, io }: Session,
  { kind, name, place, values }: LoadedTarget,
  log: Logger,
  decisionIds: DecisionIds,
): Promise<readonly OpenTarget[]> {
  const own = { log: name === undefined ? log : namedLog(log, name), decisionId: decisionIds(values) };
  const context = { clock: io.clock, version, type: program.type, ...own };
  try {
    const targets = await kind.createTargets(values, context);
    return targets.map((target) => {
      if (name !== undefined) rename(target, nameOf(target, kind, name, targets.length));
      return { target, kind, values, follows: target.enforcesElsewhere !== true };
    });
  } catch (error) {
    if (!(error instanceof ConfigError) || name === undefined) throw error;
    throw new ConfigError(`${place ?? name}: ${error.message}`, { hint: error.hint });
  }
}

/** Several devices of one set of settings keep what their kind tells them apart by: `office 192.168.88.1`. */
function nameOf(target: AnyTarget, kind: Kind, name: string, count: number): string {
  if (count === 1) return name;
  return target.name.startsWith(`${kind.name} `)
    ? `${name}${target.name.slice(kind.name.length)}`
    : `${name} ${target.name}`;
}

/** A kind names its target by its device; the user's name for it counts more, in every line that the target writes. */
function rename(target: AnyTarget, name: string): void {
  Object.defineProperty(target, 'name', { value: name, enumerable: true });
}

/** The same logger, with the target's name on lines that have none. */
function namedLog(log: Logger, target: string): Logger {
  const named = (fields: LogFields): LogFields => ({ target, ...fields });
  return {
    debug: (fields, message) => {
      log.debug(named(fields), message);
    },
    info: (fields, message) => {
      log.info(named(fields), message);
    },
    warn: (fields, message) => {
      log.warn(named(fields), message);
    },
    error: (fields, message) => {
      log.error(named(fields), message);
    },
    child: ({ target: device, ...fields }) =>
      namedLog(log.child(device === undefined ? fields : { ...fields, device }), target),
  };
}
