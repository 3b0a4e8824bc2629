import type { RouterOsSandbox } from '@bouncer/sandbox';
import { expect } from 'vitest';
import { blocksOf } from '../blocks.ts';
import type { Engine } from '../engine/engine.ts';
import type { Desk } from './desk.ts';

/** What people copy from a section of a page, in its order. */
export async function blocksUnder(file: string, heading: string): Promise<string[]> {
  const found = (await blocksOf(file)).filter((block) => block.heading === heading && block.language === '');
  if (found.length === 0) throw new Error(`${file} has nothing to copy under ${heading}`);
  return found.map(({ code }) => code);
}

/** Where the machine itself comes from, for a container on Docker's own bridge. */
export function bridgeOf(engine: Engine): Promise<string> {
  return engine.docker(['network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}']);
}

/** The router has the rules that block what is in the list. What setup prints is pasted on stand-ins by tests of apps/mikrotik. */
export function dropListed(router: RouterOsSandbox, list: string): void {
  for (const family of [4, 6] as const)
    router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': list });
}

/** What `check` prints to pin a router's certificate. */
export function pinIn(output: string): string {
  const [pin] = /MIKROTIK_TLS_FINGERPRINT=[0-9A-Fa-f:]+/.exec(output) ?? [];
  if (pin === undefined) throw new Error(`no fingerprint in: ${output}`);
  return pin;
}

/**
 * The block ends where it says: what is banned is blocked, the page says so, `check` agrees, and `docker stop` leaves it blocked.
 * Then all containers are taken away. `verdict`: of the page; `partly` where it says that it cannot see the block itself.
 */
export async function endsBlocked(
  desk: Desk,
  container: string,
  blocks: () => boolean | Promise<boolean>,
  verdict = 'protecting',
): Promise<void> {
  await desk.until(`${container} blocks`, blocks);
  await desk.verdict(verdict);
  const { code, stdout, stderr } = await desk.try(`docker exec ${container} check`);
  expect(code, stdout + stderr).toBe(0);
  await desk.paste(`docker stop ${container}`);
  expect(await desk.paste(`docker inspect --format '{{.State.ExitCode}}' ${container}`)).toBe('0\n');
  expect(await blocks()).toBe(true);
  await desk.clear();
}
