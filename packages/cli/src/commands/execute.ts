import { ConfigError } from '@bouncer/stream';
import { exitFailed, exitOk, exitUsage } from '../runtime/io.ts';
import type { CommandIo } from '../runtime/io.ts';
import { withStopDeadline } from '../runtime/stop.ts';
import type { Program } from '../runtime/program.ts';
import { loadProgram } from '../settings/load-program.ts';
import type { LoadedProgram } from '../settings/load-program.ts';
import type { CommandEntry } from './command-table.ts';
import { printFailure } from './outcome.ts';

/** Flags of a command line. */
export interface Flags {
  readonly config?: string;
  readonly import?: string;
  readonly json?: boolean;
  readonly schema?: boolean;
  /** Options that only this connector has. */
  readonly [own: string]: unknown;
  readonly apply?: boolean;
  readonly remove?: boolean;
  readonly acceptRemovals?: boolean;
}

/** Loads the settings and runs one command; gives the exit code. */
export async function execute(program: Program, entry: CommandEntry, flags: Flags, io: CommandIo): Promise<number> {
  const {
    config,
    import: importFile,
    json = false,
    schema = false,
    apply = false,
    remove = false,
    acceptRemovals,
    ...options
  } = flags;
  if (schema) {
    const { programSchema } = await import('../settings/settings-schema.ts');
    io.stdout.write(`${JSON.stringify(await programSchema(program), undefined, 2)}\n`);
    return exitOk;
  }
  const { env, configFolder } = io;
  let loaded: LoadedProgram;
  try {
    loaded = await loadProgram(program, { env, configFile: config, importFile, configFolder });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return (await withoutLapi(program, entry, flags, io, error)) ?? refuse(error, io);
  }
  io.onSecrets?.((text) => loaded.redactor.hide(text));
  try {
    const body = await entry.load();
    const late = entry.name === 'run' ? exitOk : exitFailed;
    return await withStopDeadline(
      body({ program, loaded, io, json, apply, remove, acceptRemovals: acceptRemovals === true, options }),
      io.signal,
      io.clock,
      late,
    );
  } catch (error) {
    io.stderr.write(printFailure(entry.name, error, loaded.redactor));
    // Only what is made before anything is contacted (targets, the trust store) lets a ConfigError through to here.
    return error instanceof ConfigError ? exitUsage : exitFailed;
  }
}

/** Files can be checked by somebody who has no LAPI yet. */
async function withoutLapi(
  program: Program,
  { name }: CommandEntry,
  flags: Flags,
  io: CommandIo,
  { message }: ConfigError,
): Promise<number | undefined> {
  if (name !== 'check' || !/^(?:CROWDSEC_API_URL|TARGETS): is missing/m.test(message)) return undefined;
  const { checkOffline } = await import('./check-offline.ts');
  try {
    return await checkOffline(program, flags, io);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return refuse(error, io);
  }
}

function refuse({ message }: ConfigError, io: CommandIo): number {
  io.stderr.write(`${message}\n`);
  return exitUsage;
}
