import path from 'node:path';
import { nearest } from '@bouncer/target';
import { advice, trap } from '../options/finding.ts';
import { TypedOptions } from '../options/typed-options.ts';
import type { Declaration, Part, Use } from './extract.ts';
import { placed } from './lint-finding.ts';
import type { LintFinding } from './lint-finding.ts';
import { childrenOf, lineOf, sourceAt, textOf } from './source-node.ts';
import { isAtLeast } from '../options/version.ts';
import type { Version } from '../options/version.ts';

/** An alias that only one of the two parts knows: Traefik then says "unknown plugin type" and drops the routers. */
export function checkAliases(uses: readonly Use[], declarations: readonly Declaration[]): readonly LintFinding[] {
  if (declarations.length === 0) return [];
  const known = declarations.map(({ alias }) => alias);
  return uses
    .filter(({ alias }) => !known.includes(alias))
    .flatMap(({ path: file, line, alias, middleware }) => {
      const guess = nearest(alias, known) ?? known[0] ?? '';
      const seen = `middleware ${middleware} uses the plugin ${alias}, and the static part calls it ${known.join(', ')}`;
      return placed(file, line, [trap('alias-mismatch', seen, `write ${guess} in both`)]);
    });
}

/** What the plugin keeps once for the whole process: the first middleware sets it, the others are not heard. */
const globals = ['crowdsecMode', 'crowdsecLapiScheme', 'crowdsecLapiHost', 'crowdsecLapiPath', 'updateIntervalSeconds'];

export function checkGlobals(uses: readonly Use[]): readonly LintFinding[] {
  const [first, ...others] = uses;
  if (!first) return [];
  const options = new TypedOptions(first.options);
  return others.flatMap((other) => {
    const own = new TypedOptions(other.options);
    const different = globals.filter((name) => own.text(name) !== options.text(name));
    if (different.length === 0) return [];
    const seen = `middlewares ${first.middleware} and ${other.middleware} differ in ${different.join(', ')}, which the plugin keeps once: the first one built counts for both`;
    return placed(other.path, other.line, [trap('two-globals', seen, 'use one middleware, or the same values')]);
  });
}

/** What Traefik itself warns of at its start (v3.6.14 and newer): forward-auth that leaves these two to chance. */
export function checkForwardAuth(parts: readonly Part[], traefik: Version): readonly LintFinding[] {
  if (!isAtLeast(traefik, [3, 6, 14])) return [];
  return parts.flatMap(({ path: file, node }) =>
    childrenOf(sourceAt(node, 'http', 'middlewares')).flatMap(([name, body]) => {
      const options = sourceAt(body, 'forwardAuth');
      const address = textOf(sourceAt(options, 'address')) ?? '';
      if (options === undefined || !/crowdsec|bouncer|forward-?auth/i.test(`${name} ${address}`)) return [];
      const missing = ['trustForwardHeader', 'maxResponseBodySize'].filter(
        (option) => sourceAt(options, option) === undefined,
      );
      const seen = `forwardAuth of ${name} says nothing of ${missing.join(' and ')}, and Traefik warns of it`;
      const fix = 'write both: `setup` with TRAEFIK_MODE=forwardauth prints them';
      return missing.length === 0 ? [] : placed(file, lineOf(options), [advice('forward-auth-defaults', seen, fix)]);
    }),
  );
}

/** Files below the folder that the file provider watches are read, but changes of them are not noticed. */
export function checkFolders(parts: readonly Part[]): readonly LintFinding[] {
  const folders = parts.flatMap(({ node }) => textOf(sourceAt(node, 'providers', 'file', 'directory')) ?? []);
  return parts.flatMap((part) => {
    if (part.from !== 'file' || sourceAt(part.node, 'http') === undefined) return [];
    const file = path.resolve(part.path);
    const folder = folders.find((each) => file.startsWith(`${path.resolve(each)}${path.sep}`));
    if (folder === undefined || path.dirname(file) === path.resolve(folder)) return [];
    const seen = `it lies below ${folder}: it is read, but a change of it is not noticed`;
    return placed(part.path, 1, [advice('not-watched', seen, `put it into ${folder} itself`)]);
  });
}
