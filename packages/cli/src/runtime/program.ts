import type { Kind } from '@bouncer/target';

/** How the kinds of a program are loaded, by name: each only when it is used. */
export type Kinds = Readonly<Record<string, () => Promise<Kind>>>;

/** What one image is: a command line and the kinds of target that it can drive. */
export interface Program {
  /** `crowdsec-mikrotik-bouncer`: image name, User-Agent type and name of the YAML file. */
  readonly type: string;
  /** For people: `MikroTik RouterOS`. */
  readonly title: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  readonly kinds: Kinds;
  /** The one kind of an image that has no other: what it does without `targets:`. */
  readonly preset?: Kind;
}

/** The image of one kind. */
export function programOf(kind: Kind | Program): Program {
  if ('kinds' in kind) return kind;
  const { name, type, title, summary } = kind;
  return { type, title, summary, kinds: { [name]: () => Promise.resolve(kind) }, preset: kind };
}
