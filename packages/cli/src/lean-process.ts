import { spawnSync } from 'node:child_process';

/**
 * Measured with the MikroTik connector: 115 MB at the peak of 100,000 decisions with these, 280 MB without. V8 sizes its
 * young generation for a server, and lets garbage pile up as long as the machine has memory; a Raspberry Pi has better
 * uses for it.
 */
const leanFlags = ['--max-semi-space-size=1', '--optimize-for-size'];
/**
 * Young garbage is collected less often, and code may be as large as it likes. Old garbage may be 30 % of what lives, where
 * V8 would let it be several times that while requests pour in: 146 MB at the peak instead of 194 to 289, as fast as before.
 */
const busyFlags = ['--max-semi-space-size=8', '--heap-growing-percent=30'];
/** Another 10 to 15 MB: the optimizing compilers, and the code that they make. Simple code stays compiled. */
const noJitFlags = ['--no-opt', '--no-maglev'];
/**
 * For those that do compile: the small heap is marked in one go. In many small steps, next to fast code, that takes a
 * fifth of all CPU of a first load, and half of a start.
 */
const jitFlags = ['--no-incremental-marking'];

/** How a connector's process is to run. */
export interface ProcessOptions {
  /** False for a connector that mostly waits for its device: slower at computing, but smaller. Default true. */
  readonly jit?: boolean;
  /** True for one that answers thousands of requests a second: 20 MB more, and a third faster. Default false. */
  readonly isBusy?: boolean;
}

/**
 * glibc gives every thread a heap of its own, and Node has a dozen threads that need none: 8 MB less at 100,000
 * decisions. Only the C library reads it, at its very start.
 */
const leanEnvironment = { MALLOC_ARENA_MAX: '1' };

/**
 * Replaces this process by the same one with lean memory flags: same process id, nothing left behind. They cannot be
 * set later, and a user who starts the bundle by hand should not have to know them. Does nothing when they are given
 * already, or where it cannot be done: Node before 22.15, no POSIX system, an emulator that the kernel does not know.
 */
export function becomeLean({ jit = true, isBusy = false }: ProcessOptions): void {
  const given = process.execArgv.some((flag) => flag.startsWith('--max-semi-space-size'));
  const [node, script, ...args] = process.argv;
  if (given || !('execve' in process) || node === undefined || script === undefined) return;
  const flags = isBusy ? busyFlags : [...leanFlags, ...(jit ? jitFlags : noJitFlags)];
  const env = { ...leanEnvironment, ...process.env };
  if (!canStart(flags, env)) return;
  // The call is marked experimental, and its warning would be the first line of every log.
  process.removeAllListeners('warning');
  process.execve(process.execPath, [node, ...process.execArgv, ...flags, script, ...args], env);
}

/**
 * An execve that fails ends the process with SIGABRT, and nothing can catch that; nor would anybody see options that this
 * Node does not know before the old process is gone. So a child tries both, for 10 ms.
 */
function canStart(flags: readonly string[], env: NodeJS.ProcessEnv): boolean {
  try {
    const { status } = spawnSync(process.execPath, [...flags, '--version'], { env, stdio: 'ignore', timeout: 10_000 });
    return status === 0;
  } catch {
    // Node's permission model forbids children.
    return false;
  }
}

const forgotten = ['fetch', 'Request', 'Response', 'Headers', 'FormData'];

/**
 * Takes `fetch` and its classes out of this process. Nothing here uses them, but axios looks at each while it is loaded,
 * and the first look makes Node load its whole implementation: 3 MB, and 10 ms of every start (Node 24.21). Call it before axios is imported.
 */
export function forgetFetch(): void {
  for (const name of forgotten) Reflect.deleteProperty(globalThis, name);
}
