import { readFileSync } from 'node:fs';
import { messageOf } from '@bouncer/stream';
import { parseVersion } from '../options/version.ts';
import type { Version } from '../options/version.ts';
import { refused, trap } from '../options/finding.ts';
import { checkContainers } from './container-rules.ts';
import { checkAliases, checkFolders, checkForwardAuth, checkGlobals } from './cross-rules.ts';
import { declarationsOf, isBouncer, partsOf, usesOf } from './extract.ts';
import type { Declaration, Use } from './extract.ts';
import { placed } from './lint-finding.ts';
import type { LintFinding } from './lint-finding.ts';
import { parseSource } from './parse-source.ts';
import type { Source } from './parse-source.ts';
import { checkDynamicFile } from './dynamic-file-rules.ts';
import { checkDeclaration, checkStatic } from './static-rules.ts';
import { checkUse } from './use-rules.ts';
import { wiringOf } from './wiring.ts';
import { checkWiring } from './wiring-rules.ts';

export interface LintOptions {
  readonly traefik: Version;
  /** For middlewares whose plugin no file declares. */
  readonly plugin: Version;
}

export interface LintResult {
  readonly findings: readonly LintFinding[];
  readonly uses: readonly Use[];
}

/** Looks at all files together: the static and the dynamic part have to fit. */
export function lint(sources: readonly Source[], { traefik, plugin }: LintOptions): LintResult {
  const findings: LintFinding[] = [];
  for (const { path, error } of sources) {
    if (error === undefined) continue;
    const fix = 'correct it: Traefik refuses the whole folder for one bad file';
    findings.push(...placed(path, 0, [refused('bad-file', `it cannot be read: ${error}`, fix)]));
  }
  const parts = sources.flatMap(partsOf);
  const declarations = parts.flatMap(declarationsOf);
  const uses = parts.flatMap(usesOf).filter((use) => isOurs(use, declarations));
  for (const part of parts) findings.push(...checkStatic(part, traefik), ...checkDynamicFile(part));
  for (const declaration of declarations) findings.push(...checkDeclaration(declaration, traefik));
  for (const use of uses) findings.push(...checkUse(use, versionFor(use, declarations) ?? plugin));
  findings.push(...checkAliases(uses, declarations), ...checkGlobals(uses));
  findings.push(...checkContainers(sources, uses, declarations));
  findings.push(...checkWiring(wiringOf(parts), uses), ...checkFolders(parts), ...checkForwardAuth(parts, traefik));
  if (uses.length === 0 && sources.every(({ error }) => error === undefined) && declarations.some(isBouncer)) {
    const [{ path, line } = { path: '', line: 0 }] = declarations.filter(isBouncer);
    const seen = 'the plugin is declared, and no middleware in these files uses it: nothing is blocked by it';
    findings.push(
      ...placed(path, line, [trap('not-used', seen, 'give the dynamic part or the labels to --file as well')]),
    );
  }
  return { findings, uses };
}

/** Reads a file; what cannot be read is a finding like any other. */
export function readSource(path: string): Source {
  try {
    return parseSource(path, readFileSync(path, 'utf8'));
  } catch (error) {
    return { path, kind: 'yaml', documents: [], error: messageOf(error) };
  }
}

/** A use of another plugin is none of our business; one whose plugin nobody declares is judged by its options. */
function isOurs({ alias, options }: Use, declarations: readonly Declaration[]): boolean {
  const declared = declarations.find((each) => each.alias === alias);
  if (declared) return isBouncer(declared);
  const names = Object.keys(options).join(' ');
  return /crowdsec/i.test(`${alias} ${names}`);
}

function versionFor({ alias }: Use, declarations: readonly Declaration[]): Version | undefined {
  const declared = declarations.find((each) => each.alias === alias) ?? declarations.find(isBouncer);
  return declared?.version === undefined ? undefined : parseVersion(declared.version);
}
