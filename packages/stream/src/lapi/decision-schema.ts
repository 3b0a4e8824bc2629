import * as z from 'zod';
import type { WireDecision } from '../decisions/wire-decision.ts';

/** One element of LAPI's arrays. Unknown fields (`uuid`, `simulated`, `until`) are dropped. 0.1 to 0.5 µs each. */
const schema = z.object({
  id: z.int(),
  origin: z.string(),
  scenario: z.string(),
  scope: z.string(),
  type: z.string(),
  value: z.string(),
  duration: z.string(),
});

/** The element as a decision; undefined when it does not have the shape of one. */
export function readWireDecision(element: unknown): WireDecision | undefined {
  return schema.safeParse(element).data;
}
