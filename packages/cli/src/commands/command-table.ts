import type { Session } from '../runtime/session.ts';

/** What a command does with its session; gives the exit code. */
export type CommandBody = (session: Session) => Promise<number>;

/** One command of the command line. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** True when it takes `--json`. */
  readonly json?: boolean;
  /** True when it takes `--apply`. */
  readonly apply?: boolean;
  /** True when it takes `--accept-removals`. */
  readonly acceptRemovals?: boolean;
  /** Loads its code: what a command does not need is never read from the disk. */
  readonly load: () => Promise<CommandBody>;
}

/** The commands, in the order of `--help`. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'follow the decisions until told to stop (default)',
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'sync',
    summary: 'bring the device up to date once, then exit',
    json: true,
    acceptRemovals: true,
    load: async () => (await import('./sync.ts')).sync,
  },
  {
    name: 'plan',
    summary: 'show what sync would do, changing nothing',
    json: true,
    load: async () => (await import('./plan.ts')).plan,
  },
  {
    name: 'check',
    summary: 'check every step from here to the block, and say how to fix what fails',
    json: true,
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'setup',
    summary: 'print what to paste on the device or proxy',
    apply: true,
    load: async () => (await import('./setup.ts')).setup,
  },
  {
    name: 'purge',
    summary: 'remove every entry that this connector owns, and nothing else',
    load: async () => (await import('./purge.ts')).purge,
  },
  {
    name: 'config',
    summary:
      'print the effective configuration and where each value comes from; `config init` a YAML file to begin with',
    json: true,
    load: async () => (await import('./config.ts')).config,
  },
  {
    name: 'healthcheck',
    summary: 'ask the running instance whether it is alive',
    load: async () => (await import('./healthcheck-command.ts')).healthcheck,
  },
];
