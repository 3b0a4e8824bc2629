import { must, run } from './run.ts';

/** A network namespace with one cable to this machine. */
export interface Network {
  /** As nsenter takes it. */
  readonly file: string;
  /** Ours, at this end of the cable. */
  readonly hostAddress: string;
  /** The other end's. */
  readonly guestAddress: string;
  /** Address and prefix of the bridge for containers; a network that is nowhere else. */
  readonly bridge: string;
  remove(): Promise<void>;
}

const prefix = 'bcimg';

/**
 * Makes a namespace for an engine, so that its bridge and its firewall rules are not those of this machine. Rejects where
 * that may not be done.
 */
export async function createNetwork(): Promise<Network> {
  const name = `${prefix}${process.pid}`;
  await removeAbandoned();
  // 198.18.0.0/15 is kept for tests of networks (RFC 2544): it collides with nobody's.
  const third = process.pid % 256;
  const [host, guest, bridge] = [`198.18.${third}.1`, `198.18.${third}.2`, `198.19.${third}.1/24`];
  await must('ip', ['netns', 'add', name]);
  try {
    await must('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'up0', 'netns', name]);
    await must('ip', ['address', 'add', `${host}/30`, 'dev', name]);
    await must('ip', ['link', 'set', name, 'up']);
    await must('ip', ['-n', name, 'address', 'add', `${guest}/30`, 'dev', 'up0']);
    for (const device of ['lo', 'up0']) await must('ip', ['-n', name, 'link', 'set', device, 'up']);
  } catch (error) {
    await removeNamespace(name);
    throw error;
  }
  return {
    file: `/run/netns/${name}`,
    hostAddress: host,
    guestAddress: guest,
    bridge,
    remove: () => removeNamespace(name),
  };
}

/** Takes the cable with it. */
async function removeNamespace(name: string): Promise<void> {
  await run('ip', ['link', 'delete', name]);
  await run('ip', ['netns', 'delete', name]);
}

/** A test that was killed leaves its namespace: its name holds the process that made it. */
async function removeAbandoned(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list']);
  for (const line of stdout.split('\n')) {
    const pid = new RegExp(`^${prefix}(\\d+)`).exec(line)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await removeNamespace(`${prefix}${pid}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
