import type { Clock } from '@bouncer/stream';
import type { LineSink } from '../log/log.ts';
import type { Environment } from '../settings/candidates.ts';

/** The outside of a command: what a test replaces. */
export interface CommandIo {
  readonly stdout: LineSink;
  readonly stderr: LineSink;
  readonly env: Environment;
  readonly clock: Clock;
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal;
  /** Where YAML files are looked for; only tests give one. */
  readonly configFolder?: string;
  /** Given the hiding of secrets once these are known, for whoever prints what nobody foresaw. */
  readonly onSecrets?: (hide: (text: string) => string) => void;
  /** Given who takes errors that nobody caught, once there is somebody: true when the process may go on. */
  readonly onStrayErrors?: (take: (error: unknown) => boolean) => void;
}

export const exitOk = 0;
/** It was tried and did not work, or is not so. */
export const exitFailed = 1;
/** Bad configuration or usage; nothing was contacted. */
export const exitUsage = 2;
