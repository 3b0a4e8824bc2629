import { printable, type Problem } from '@bouncer/target';
import { ConfigError } from '@bouncer/stream';
import type { Redactor } from './redactor.ts';

/** One line: `CROWDSEC_API_URL: is missing; accepted: an http or https address`. */
function printProblem({ variable, from, problem, accepted }: Problem, redactor: Redactor): string {
  const origin = from === undefined ? '' : ` (${from})`;
  // Our own words, whatever the user's secrets are: stars in their place would tell one that is among them.
  const help = accepted === undefined ? '' : `; accepted: ${accepted}`;
  return `${redactor.hide(`${variable}${origin}: ${problem}`)}${help}`;
}

/** All problems as one ConfigError, a line each, any known secret hidden. */
export function configError(problems: readonly Problem[], redactor: Redactor): ConfigError {
  // One line a problem is a promise to scripts: nothing that was quoted may break it, or move a terminal's cursor.
  const lines = problems.map((problem) => printable(printProblem(problem, redactor).replaceAll(/\s*[\r\n]+\s*/g, ' ')));
  return new ConfigError([...new Set(lines)].join('\n'));
}
