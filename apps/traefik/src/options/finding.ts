/**
 * What is wrong with plugin options.
 * `refused`: the plugin's New() rejects them, Traefik then drops every router that uses the middleware (404).
 * `trap`: they are taken in silence and do not do what is meant.
 * `advice`: they work, and something better is known.
 */
export interface Finding {
  readonly level: 'refused' | 'trap' | 'advice';
  /** A short name of the rule, for one word of a line: `unknown-option`. */
  readonly rule: string;
  /** What was seen; never holds a secret. */
  readonly seen: string;
  /** What to do about it. */
  readonly fix: string;
}

/** The value of an option as Traefik hands it on: text, or a list of texts. */
export type OptionValue = string | readonly string[];

/** Options by name, in the spelling of whoever wrote them. */
export type OptionMap = Readonly<Record<string, OptionValue>>;

export function refused(rule: string, seen: string, fix: string): Finding {
  return { level: 'refused', rule, seen, fix };
}

export function trap(rule: string, seen: string, fix: string): Finding {
  return { level: 'trap', rule, seen, fix };
}

export function advice(rule: string, seen: string, fix: string): Finding {
  return { level: 'advice', rule, seen, fix };
}
