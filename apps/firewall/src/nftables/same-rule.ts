import * as z from 'zod';

const shape = z.array(z.record(z.string(), z.unknown()));

/**
 * Whether a rule that nft tells is the one that we wrote, whatever its comment says: somebody may have replaced it and kept
 * the comment. Limits and log options are spelled differently by versions of nft, and block nothing more or less.
 */
export function isSameRule(expressions: unknown, written: string): boolean {
  const told = shape.safeParse(expressions).data;
  return told !== undefined && told.flatMap(toldWords).join(' ') === essence(written);
}

function essence(written: string): string {
  return written
    .replace(/limit rate \S+ burst \d+ packets/, 'limit')
    .replace(/log prefix "[^"]*"/, 'log')
    .replace(/reject with tcp reset/, 'reject')
    .replaceAll('"', '');
}

function toldWords(expression: Readonly<Record<string, unknown>>): readonly string[] {
  const [kind = '', value] = Object.entries(expression)[0] ?? [];
  switch (kind) {
    case 'match':
      return [matchWords(value)];
    case 'counter':
      return typeof value === 'string' ? ['counter', 'name', value] : ['counter'];
    case 'goto':
    case 'jump':
      return [kind, z.object({ target: z.string() }).safeParse(value).data?.target ?? '?'];
    case 'limit':
    case 'log':
    case 'drop':
    case 'reject':
    case 'return':
      return [kind];
    default:
      return [JSON.stringify(expression)];
  }
}

const addressShape = z.object({
  op: z.literal('=='),
  left: z.object({ payload: z.object({ protocol: z.string(), field: z.string() }) }),
  right: z.string(),
});
const protocolShape = z.object({
  op: z.literal('=='),
  left: z.object({ meta: z.object({ key: z.string() }) }),
  right: z.union([z.string(), z.number()]),
});

const connectionShape = z.object({
  op: z.enum(['==', 'in']),
  left: z.object({ ct: z.object({ key: z.string() }) }),
  right: z.union([z.string(), z.array(z.string())]),
});

function matchWords(match: unknown): string {
  const address = addressShape.safeParse(match).data;
  if (address) return `${address.left.payload.protocol} ${address.left.payload.field} ${address.right}`;
  const protocol = protocolShape.safeParse(match).data;
  const connection = connectionShape.safeParse(match).data;
  if (connection) return `ct ${connection.left.ct.key} ${[connection.right].flat().sort().join()}`;
  return protocol ? `meta ${protocol.left.meta.key} ${protocol.right}` : JSON.stringify(match);
}
