import { AuthError, TransientError, type BouncerError } from '@bouncer/stream';

/**
 * What a `!trap` means. The texts are the ones of RouterOS 6 and 7; the category is often absent, so that only the text
 * counts. `invalid`: this value is refused for good. `full`: there is no room for another row. `other`: nothing that we know.
 */
export type TrapKind =
  'duplicate' | 'missing' | 'permission' | 'no-command' | 'interrupted' | 'invalid' | 'full' | 'other';

const TEXTS: readonly (readonly [TrapKind, RegExp])[] = [
  ['duplicate', /already have|already exists/i],
  ['missing', /no such item/i],
  ['permission', /not enough permissions|not allowed|permission denied/i],
  ['no-command', /no such command|unknown command/i],
  ['interrupted', /^interrupted|action timed out|timeout waiting/i],
  [
    'invalid',
    /invalid value|not a valid|out of range|unknown parameter|does not match|ambiguous value|missing =|bad prefix/i,
  ],
  ['full', /memory|\bfull\b|too many|no (?:more |free )?(?:space|room)|(?:limit|maximum|resource|capacity)\b/i],
];

/** The meaning of a trap's message. */
export function trapKind(message: string): TrapKind {
  return TEXTS.find(([, text]) => text.test(message))?.[0] ?? 'other';
}

/** The error for a trap that ends what we were doing. `policy` is what the command needed. */
export function trapError(message: string, command: string, policy: 'read' | 'write'): BouncerError {
  if (trapKind(message) === 'permission') return missingPolicy([policy], message);
  return new TransientError(`the router refused ${command}: ${message}`, {
    hint: 'look at /log/print on the router for the reason',
  });
}

/** The error for a user whose group lacks policies. */
export function missingPolicy(policies: readonly string[], seen: string): AuthError {
  const names = policies.map((policy) => `\`${policy}\``).join(', ');
  return new AuthError(`the RouterOS policy ${names} is missing: ${seen}`, {
    hint: "give the user's group the policies it needs: /user/group/set [find name=GROUP] policy=read,write,api",
  });
}
