/** What an answer of the stream shows of the LAPI that wrote it. */
export interface AnswerTraits {
  /** The first piece of the body. */
  readonly head: string;
  /** Its first decision, as parsed. */
  readonly first: unknown;
}

/**
 * The releases of CrowdSec that write such an answer; undefined when it has no decision to tell them by. LAPI never says its
 * version. Source: reference/crowdsec.md section 1 (`uuid` from 1.5.0, whole seconds from 1.6.3, `new` first from 1.7.8).
 */
export function lapiVersionOf({ head, first }: AnswerTraits): string | undefined {
  if (typeof first !== 'object' || first === null) return undefined;
  if (/^\s*\{\s*"new"/.test(head)) return '1.7.8 or newer';
  const duration = 'duration' in first ? String(first.duration) : '';
  // Both a fraction of a second and its absence say something only together with the field that came before.
  if (!('uuid' in first)) return 'before 1.5';
  return duration.includes('.') ? '1.5 to 1.6.2' : '1.6.3 to 1.7.7';
}
