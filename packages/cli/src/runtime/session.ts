import type { LoadedProgram } from '../settings/load-program.ts';
import type { CommandIo } from './io.ts';
import type { Program } from './program.ts';

/** A command with everything it was given. */
export interface Session {
  readonly program: Program;
  readonly loaded: LoadedProgram;
  readonly io: CommandIo;
  /** `--json` */
  readonly json: boolean;
  /** What was given for the connector's own options of this command. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** `--apply`; only `setup` knows it. */
  readonly apply?: boolean;
  /** `--remove`; only `setup` knows it. */
  readonly remove?: boolean;
  /** `--accept-removals`; only `sync` knows it. */
  readonly acceptRemovals?: boolean;
}
