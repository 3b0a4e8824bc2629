import type { Program } from '@bouncer/cli/run-bouncer';
import { startedAs } from '@bouncer/sandbox';
import type { Kind } from '@bouncer/target';

/** What runs the commands of a kind in this process: its own image, or, with INSIDE=bouncer, crowdsec-bouncer with this kind. */
export function programOf(kind: Kind): {
  readonly program: Kind | Program;
  /** What it needs beside the settings of the kind. */
  readonly env: Readonly<Record<string, string>>;
} {
  const { program, type, env } = startedAs(kind.name);
  if (program === kind.name) return { program: kind, env };
  const kinds = { [kind.name]: () => Promise.resolve(kind) };
  return { program: { type, title: type, summary: 'Any number of targets.', kinds }, env };
}
