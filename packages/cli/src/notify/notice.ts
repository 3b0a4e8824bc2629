import type { ControllerStatus, TargetStatus } from '@bouncer/engine';
import type { PageVerdict } from '@bouncer/status-page';

/** One message, before it is put into anybody's format. */
export interface Notice {
  /** True for one that a person asked for, to see that it arrives. */
  readonly isTest: boolean;
  readonly type: string;
  readonly version: string;
  readonly verdict: PageVerdict;
  /** What was told last. */
  readonly before: PageVerdict;
  /** Wall-clock milliseconds: since when it is so, and when this was written. */
  readonly since: number;
  readonly at: number;
  readonly title: string;
  readonly lines: readonly string[];
}

/** The words of a verdict. */
export const verdictWords: Readonly<Record<PageVerdict, string>> = {
  protecting: 'protecting',
  partly: 'protecting in part',
  'not-protecting': 'NOT protecting',
  starting: 'starting',
  'dry-run': 'a dry run',
};

/**
 * How LAPI and each target stand, in our own words: no word of a decision, of LAPI or of a device but the targets' names.
 * What is well is not named.
 */
export function briefly({ stream, targets }: ControllerStatus): readonly string[] {
  const lines: string[] = [];
  if (stream.state === 'failing') lines.push(`LAPI: no news${kindOf(stream.lastError?.kind)}`);
  if (stream.state === 'starting') lines.push('LAPI: has not answered yet');
  if (stream.decisions === 0 && (stream.seen?.decisions ?? 0) > 0) lines.push('LAPI: no decision passes the filter');
  return [...lines, ...targets.flatMap(briefTarget)];
}

function briefTarget(target: TargetStatus): string[] {
  const { name, state, desired, held, refused, skipped, concerns } = target;
  const words: string[] = [];
  if (state === 'away') words.push('does not answer');
  else if (state === 'refused') words.push('refuses the login or lacks what is needed');
  else if (state !== 'in-step') words.push(state);
  const left = Object.values(skipped).reduce((sum, count) => sum + count, 0) + refused;
  if (left > 0) words.push(`${left} entries are left out`);
  else if (held < desired) words.push(`${held} of ${desired} are blocked`);
  if (concerns.some(({ level }) => level === 'fail')) words.push('a banned address may get through');
  return words.length === 0 ? [] : [`${name}: ${words.join(', ')}`];
}

/** Only kinds that we name ourselves: see `LapiErrorKind`. */
function kindOf(kind: string | undefined): string {
  return kind === undefined ? '' : ` (${kind})`;
}
