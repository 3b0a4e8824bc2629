import { nearest } from '@bouncer/target';
import { parseNetwork } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { advice, refused, trap } from '../options/finding.ts';
import type { Finding } from '../options/finding.ts';
import { pluginOption } from '../options/option-table.ts';
import { newestPlugin, oldestPlugin } from '../options/plugin-table.ts';
import { isAtLeast, parseVersion, printVersion } from '../options/version.ts';
import type { Version } from '../options/version.ts';
import { halfTrusted } from '../options/wide-trust.ts';
import { isBouncer } from './extract.ts';
import type { Declaration, Part } from './extract.ts';
import { placed } from './lint-finding.ts';
import type { LintFinding } from './lint-finding.ts';
import { childrenOf, isSourceLeaf, isSourceList, lineOf, sourceAt, textOf } from './source-node.ts';
import type { SourceNode } from './source-node.ts';

const declarationKeys = ['moduleName', 'version', 'settings', 'hash'];

/** Static options that an older Traefik does not know: it does not start with an unknown one. */
const newer: readonly (readonly [path: string, since: Version])[] = [
  ['experimental.abortOnPluginFailure', [3, 3, 0]],
  ['providers.http.headers', [3, 0, 0]],
];

/** What is wrong with one declaration of a plugin. */
export function checkDeclaration(declaration: Declaration, traefik: Version): readonly LintFinding[] {
  return placed(declaration.path, declaration.line, findingsOf(declaration, traefik));
}

function* findingsOf(declaration: Declaration, traefik: Version): Generator<Finding> {
  const { alias, isLocal, node, moduleName, version } = declaration;
  const where = `plugin ${alias}`;
  if (isSourceLeaf(node)) {
    const seen = `experimental.plugins holds one group for each plugin, by its name, and ${alias} is a value: Traefik does not start with it`;
    yield refused('no-module', seen, 'take the line out: a plugin that is declared needs no switch');
    return;
  }
  for (const [key] of childrenOf(node)) {
    if (declarationKeys.some((each) => each.toLowerCase() === key.toLowerCase())) continue;
    const isOption = pluginOption(key) !== undefined;
    const guess = nearest(key, declarationKeys);
    const fix = isOption
      ? 'options go into the dynamic part: http.middlewares.<name>.plugin.<alias>'
      : guess === undefined
        ? 'leave it out'
        : `did you mean ${guess}?`;
    yield refused('static-option', `${where}: ${key} is not known there, and Traefik does not start with it`, fix);
  }
  if (moduleName === undefined) {
    yield refused(
      'no-module',
      `${where} has no moduleName`,
      'write moduleName: github.com/maxlerebourg/crowdsec-bouncer-traefik-plugin',
    );
  }
  if (!isBouncer(declaration)) return;
  if (version === undefined && !isLocal)
    yield refused('no-version', `${where} has no version`, `write version: ${printVersion(newestPlugin)}`);
  const parsed = version === undefined ? undefined : parseVersion(version);
  if (version !== undefined && parsed === undefined) {
    yield refused(
      'no-version',
      `${where}: ${JSON.stringify(version.slice(0, 30))} is no version`,
      `write ${printVersion(newestPlugin)}`,
    );
  }
  if (parsed && !isAtLeast(parsed, oldestPlugin)) {
    yield advice(
      'old-plugin',
      `${where} is older than ${printVersion(oldestPlugin)}, the first that is known here`,
      'use a newer one',
    );
  } else if (parsed && !isAtLeast(parsed, [1, 7, 0])) {
    const seen = `${where} is ${printVersion(parsed)}: no use of the system's CAs, no streamStartupBlock`;
    yield advice('old-plugin', seen, `use ${printVersion(newestPlugin)}`);
  }
  if (sourceAt(node, 'hash') !== undefined && !isAtLeast(traefik, [3, 5, 3])) {
    yield refused(
      'static-version',
      `${where}: hash is known since Traefik v3.5.3`,
      'leave it out, or set TRAEFIK_VERSION',
    );
  }
  if (sourceAt(node, 'settings', 'useUnsafe') !== undefined && !isAtLeast(traefik, [3, 5, 0])) {
    yield refused('static-version', `${where}: settings.useUnsafe is known since Traefik v3.5.0`, 'leave it out');
  }
}

/** What is wrong with the rest of the static part. */
export function checkStatic({ path, node }: Part, traefik: Version): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  for (const [option, since] of newer) {
    const found = sourceAt(node, ...option.split('.'));
    if (found === undefined || isAtLeast(traefik, since)) continue;
    const seen = `${option} is known since Traefik ${printVersion(since)}; an older one does not start with it`;
    findings.push(
      ...placed(path, lineOf(found), [refused('static-version', seen, 'leave it out, or set TRAEFIK_VERSION')]),
    );
  }
  const apiVersion = textOf(sourceAt(node, 'apiVersion')) ?? '';
  if (apiVersion.startsWith('traefik.containo.us/') && isAtLeast(traefik, [3, 0, 0])) {
    const seen = `${apiVersion} is not read since Traefik v3.0.0: whatever names this object finds nothing`;
    findings.push(...placed(path, node.line, [refused('old-group', seen, 'write apiVersion: traefik.io/v1alpha1')]));
  }
  const pilot = sourceAt(node, 'pilot');
  if (pilot !== undefined && isAtLeast(traefik, [3, 0, 0])) {
    findings.push(
      ...placed(path, lineOf(pilot), [refused('static-version', 'pilot is gone since Traefik v3.0.0', 'leave it out')]),
    );
  }
  for (const [name, entryPoint] of childrenOf(sourceAt(node, 'entryPoints'))) {
    for (const part of ['forwardedHeaders', 'proxyProtocol']) {
      const where = `entryPoints.${name}.${part}`;
      const fix = `use ${where}.trustedIPs with the networks of your CDN or proxy`;
      const insecure = sourceAt(entryPoint, part, 'insecure');
      if (insecure !== undefined && /^(?:true|1|t)$/i.test(textOf(insecure) ?? '')) {
        const seen = `${where}.insecure: every client names its own address, and no ban holds`;
        findings.push(...placed(path, lineOf(insecure), [trap('spoofable-header', seen, fix)]));
      }
      const trusted = sourceAt(entryPoint, part, 'trustedIPs');
      const space = trusted === undefined ? undefined : halfTrusted(networksOf(trusted));
      if (trusted === undefined || space === undefined) continue;
      const seen = `${where}.trustedIPs holds half of ${space} or more: every client names its own address`;
      findings.push(...placed(path, lineOf(trusted), [trap('trusts-everybody', seen, fix)]));
    }
  }
  return findings;
}

/** Networks of a list, or of a text with commas. */
function networksOf(node: SourceNode): readonly Network[] {
  const texts = isSourceList(node) ? node.map((item) => textOf(item) ?? '') : (textOf(node) ?? '').split(',');
  return texts.flatMap((text) => parseNetwork(text.trim()) ?? []);
}
