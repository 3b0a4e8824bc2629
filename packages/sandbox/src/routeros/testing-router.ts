import type { Router } from './device/router.ts';
import type { RouterUser } from './device/options.ts';
import { requestOf } from './by-hand.ts';

const ADMIN: RouterUser = { name: 'admin', password: '', policies: ['read', 'write', 'api'] };

/** Executes one command without a wire. Throws Trap. */
export function command(
  router: Router,
  path: string,
  attributes: Readonly<Record<string, string>> = {},
  queries: readonly string[] = [],
): { rows: (readonly string[])[]; ret: string | undefined } {
  const answer = router.execute({ ...requestOf(attributes), command: path, queries }, ADMIN);
  return { rows: [...(answer.rows ?? [])], ret: answer.ret };
}
