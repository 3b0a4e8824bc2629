import { nearest } from '@bouncer/target';
import { refused, trap } from '../options/finding.ts';
import type { Part } from './extract.ts';
import { placed } from './lint-finding.ts';
import type { LintFinding } from './lint-finding.ts';
import { childrenOf, isSourceMap, lineOf, sourceAt, textOf } from './source-node.ts';
import type { SourceNode } from './source-node.ts';

/** What Traefik's file provider hears of the top level. */
const dynamicKeys = ['http', 'tcp', 'udp', 'tls'];
/** Source of these: Traefik v3.7.9 as run, pkg/config/dynamic/{http_config,middlewares}.go. */
const httpKeys = ['routers', 'services', 'middlewares', 'models', 'serversTransports'];
const kinds = [
  ...['addPrefix', 'basicAuth', 'buffering', 'chain', 'circuitBreaker', 'compress', 'contentType', 'digestAuth'],
  ...['encodedCharacters', 'errors', 'forwardAuth', 'grpcWeb', 'headers', 'inFlightReq', 'ipAllowList', 'ipWhiteList'],
  ...['passTLSClientCert', 'plugin', 'rateLimit', 'redirectRegex', 'redirectScheme', 'replacePath', 'replacePathRegex'],
  ...['retry', 'stripPrefix', 'stripPrefixRegex'],
];
/** Kinds that mean something without options. */
const mayBeEmpty = new Set(['compress', 'contenttype']);
const mustHoldSomething = [
  ['http'],
  ['tcp'],
  ['udp'],
  ['http', 'middlewares'],
  ['http', 'routers'],
  ['http', 'services'],
];

/** What makes the file provider refuse a file, and with it the whole folder, or pass over a part of it. */
export function checkDynamicFile({ path, from, node }: Part): readonly LintFinding[] {
  const hasDynamic = dynamicKeys.some((key) => sourceAt(node, key) !== undefined);
  if (from !== 'file' || !hasDynamic) return [];
  return [...overheard(path, node), ...unknown(path, node), ...emptyGroups(path, node)];
}

function* overheard(path: string, node: SourceNode): Generator<LintFinding> {
  for (const [key, child] of childrenOf(node)) {
    if (dynamicKeys.includes(key.toLowerCase())) continue;
    const seen = `${key} beside http: the file provider silently ignores it`;
    const fix = 'put the static part into its own file (traefik.yml), outside of the folder that is watched';
    yield* placed(path, lineOf(child), [trap('static-in-dynamic', seen, fix)]);
  }
}

function* unknown(path: string, node: SourceNode): Generator<LintFinding> {
  yield* strangers(path, 'http', sourceAt(node, 'http'), httpKeys);
  for (const [name, body] of childrenOf(sourceAt(node, 'http', 'middlewares')))
    yield* strangers(path, `middleware ${name}`, body, kinds);
}

function* strangers(
  path: string,
  where: string,
  group: SourceNode | undefined,
  known: readonly string[],
): Generator<LintFinding> {
  for (const [key, child] of childrenOf(group)) {
    if (known.some((each) => each.toLowerCase() === key.toLowerCase())) continue;
    const guess = nearest(key, known);
    const seen = `${where}: ${key} is not known there, and Traefik refuses all files of the folder`;
    const fix = guess === undefined ? 'leave it out' : `did you mean ${guess}?`;
    yield* placed(path, lineOf(child), [refused('unknown-field', seen, fix)]);
  }
}

function* emptyGroups(path: string, node: SourceNode): Generator<LintFinding> {
  const groups = mustHoldSomething.map((way): [string, SourceNode | undefined] => [
    way.join('.'),
    sourceAt(node, ...way),
  ]);
  for (const [name, body] of childrenOf(sourceAt(node, 'http', 'middlewares')))
    for (const [kind, options] of childrenOf(body))
      if (!mayBeEmpty.has(kind.toLowerCase())) groups.push([`${kind} of the middleware ${name}`, options]);
  for (const [name, found] of groups) {
    const isEmpty = isSourceMap(found) ? found.children.size === 0 : found !== undefined && textOf(found) === undefined;
    if (!isEmpty || found === undefined) continue;
    const seen = `${name} is empty, which Traefik refuses, and with it all files of the folder`;
    yield* placed(path, lineOf(found), [refused('empty-group', seen, 'leave it out')]);
  }
}
