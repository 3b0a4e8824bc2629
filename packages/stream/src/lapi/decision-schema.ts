import type { WireDecision } from '../decisions/wire-decision.ts';

/**
 * One element of LAPI's arrays as a decision; undefined when it does not have the shape of one. Unknown fields (`uuid`,
 * `simulated`, `until`) are dropped. By hand: it is read 100,000 times at a start, and a schema library is 97 kB.
 */
export function readWireDecision(element: unknown): WireDecision | undefined {
  if (typeof element !== 'object' || element === null) return undefined;
  const { id, origin, scenario, scope, type, value, duration } = element as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(id)) return undefined;
  if (typeof origin !== 'string' || typeof scenario !== 'string' || typeof scope !== 'string') return undefined;
  if (typeof type !== 'string' || typeof value !== 'string' || typeof duration !== 'string') return undefined;
  return { id: id as number, origin, scenario, scope, type, value, duration };
}
