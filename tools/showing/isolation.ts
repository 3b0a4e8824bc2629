import { Namespace, Relay, namespacesMissing, packagesMissing } from '@bouncer/sandbox';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Options } from './options.ts';

/** Both ends of the cable: the demo's, and the one that attacks. Documentation addresses of RFC 5737. */
export const HOST = '203.0.113.1';
export const ATTACKER = '203.0.113.66';

const INSIDE = 'DEMO_INSIDE';

/** What the demo inside is told by the one outside. */
interface Inside {
  /** Name of the attacker's namespace. */
  readonly attacker: string;
  /** Reasons of the kinds that are left out: there is no network inside to install anything from. */
  readonly missing: Readonly<Record<string, string>>;
}

/** Why no network namespaces can be had here; undefined when they can. */
export async function isolationMissing(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  return (await packagesMissing({ packages: ['iproute2'], files: ['/usr/sbin/ip'] })) ?? namespacesMissing();
}

/** What this process was told when it is the one inside. */
export function inside(): Inside | undefined {
  const told = process.env[INSIDE];
  return told === undefined ? undefined : (JSON.parse(told) as Inside);
}

/** Goes in front of a command that the attacker shall run. */
export function attackerPrefix(): readonly string[] {
  return ['ip', 'netns', 'exec', inside()?.attacker ?? ''];
}

/**
 * Runs this program once more in a network of its own, joined to an attacker's by a cable, and brings its page here; the exit
 * code. The rules it makes never stand on the machine itself.
 */
export async function runInside({ page }: Options, missing: Inside['missing'], stopped: AbortSignal): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(path.join(tmpdir(), 'demo-'));
  stack.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const host = stack.use(await Namespace.create());
  const attacker = stack.use(await Namespace.create());
  await host.run(`ip link add cable type veth peer name cable netns ${attacker.name}`);
  for (const [end, address] of [
    [host, HOST],
    [attacker, ATTACKER],
  ] as const) {
    await end.run(`ip addr add ${address}/24 dev cable`);
    await end.run('ip link set cable up');
  }
  const socket = path.join(folder, 'page.sock');
  stack.use(await Relay.start({ listen: socket, target: `127.0.0.1:${page.port}`, prefix: host.prefix }));
  stack.use(await Relay.start({ listen: `${page.host}:${page.port}`, target: socket }));
  const [program = '', ...args] = [...host.prefix, process.execPath, ...process.argv.slice(1)];
  const told: Inside = { attacker: attacker.name, missing };
  const child = spawn(program, args, {
    env: { ...process.env, [INSIDE]: JSON.stringify(told) },
    // By the channel it notices when this process is killed; out of the terminal's group, it alone ends what it has started.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  const end = (): void => void child.kill('SIGTERM');
  stopped.addEventListener('abort', end);
  if (stopped.aborted) end();
  return await new Promise((resolve) =>
    child.on('close', (code) => {
      resolve(code ?? 1);
    }),
  );
}
