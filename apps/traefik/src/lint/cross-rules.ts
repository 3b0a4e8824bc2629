import path from 'node:path';
import { nearest } from '@bouncer/target';
import { advice, trap } from '../plugin/finding.ts';
import { TypedOptions } from '../plugin/typed-options.ts';
import type { Declaration, Part, Use } from './extract.ts';
import { placed } from './lint-finding.ts';
import type { LintFinding } from './lint-finding.ts';
import { childrenOf, isSourceList, lineOf, sourceAt, textOf } from './source-node.ts';

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

/** Routers in labels that name a middleware of a file without saying so. */
export function checkReferences(parts: readonly Part[], uses: readonly Use[]): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  for (const part of parts) {
    if (part.from === 'kubernetes') continue;
    const provider = part.from === 'file' ? 'file' : 'labels';
    for (const [router, body] of childrenOf(sourceAt(part.node, 'http', 'routers'))) {
      const node = sourceAt(body, 'middlewares');
      if (node === undefined) continue;
      const texts = isSourceList(node) ? node.map((item) => textOf(item) ?? '') : (textOf(node) ?? '').split(',');
      for (const name of texts.map((each) => each.trim()).filter((each) => each !== '' && !each.includes('@'))) {
        const places = uses
          .filter(({ middleware }) => middleware === name)
          .map(({ from }) => (from === 'file' ? 'file' : 'labels'));
        if (places.length === 0 || places.includes(provider)) continue;
        const seen = `router ${router} names ${name}, which another provider has`;
        const fix = `write ${name}@${places[0] === 'file' ? 'file' : 'docker'}`;
        findings.push(...placed(part.path, lineOf(node), [trap('provider-missing', seen, fix)]));
      }
    }
  }
  return findings;
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
