import { advice, refused, trap } from '../options/finding.ts';
import type { Finding } from '../options/finding.ts';
import { pluginOption } from '../options/option-table.ts';
import { templateFindings } from '../plugin/template-rules.ts';
import { validateOptions } from '../options/validate.ts';
import type { Version } from '../options/version.ts';
import type { Use } from './extract.ts';
import { placed } from './lint-finding.ts';
import type { LintFinding } from './lint-finding.ts';
import { isSourceLeaf, isSourceList, isSourceMap, lineOf } from './source-node.ts';
import type { SourceNode } from './source-node.ts';

/** What is wrong with one middleware, for one version of the plugin. */
export function checkUse(use: Use, version: Version): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  for (const finding of validateOptions(use.options, version)) {
    findings.push(...placed(use.path, lineOfFinding(use, finding), [finding]));
  }
  const format = use.from === 'file' ? 'yaml' : use.from === 'kubernetes' ? 'kubernetes' : 'labels';
  findings.push(...placed(use.path, use.line, templateFindings(use.options, format)));
  if (use.templated.length > 0) {
    const seen = `templates fill in ${use.templated.join(', ')}: what they come to is not judged`;
    findings.push(
      ...placed(use.path, use.line, [advice('template', seen, 'look at the middleware in Traefik itself')]),
    );
  }
  for (const [name, node] of use.nodes) findings.push(...placed(use.path, lineOf(node), checkNode(use, name, node)));
  return findings;
}

/** The line of the option that a finding speaks of first. */
function lineOfFinding(use: Use, { seen }: Finding): number {
  const name = [...use.nodes.keys()].find((each) => seen.toLowerCase().startsWith(each.toLowerCase()));
  const node = name === undefined ? undefined : use.nodes.get(name);
  return node === undefined ? use.line : lineOf(node);
}

function* checkNode(use: Use, name: string, node: SourceNode): Generator<Finding> {
  if (isSourceMap(node)) {
    yield trap(
      'nested-option',
      `${name} is a group, and every option of the plugin is a value or a list`,
      'put the options side by side',
    );
  } else if (isSourceList(node)) {
    if (node.some((item) => !isSourceLeaf(item))) {
      yield refused('nested-list', `${name} holds a list or a group in a list`, 'write a list of plain values');
    }
    for (const item of node) if (isSourceLeaf(item)) yield* checkScalar(use, name, item);
  } else yield* checkScalar(use, name, node);
}

function* checkScalar(
  { from }: Use,
  name: string,
  leaf: Extract<SourceNode, { readonly text: string }>,
): Generator<Finding> {
  const { text, isPlain, isNull } = leaf;
  if (isNull === true) {
    yield trap('no-value', `${name} has no value and is dropped`, 'give it a value, or leave it out');
    return;
  }
  if (from === 'labels' && text.replaceAll('$$', '').includes('$')) {
    yield trap('dollar', `${name} holds a single $, in whose place compose puts a variable`, 'double it: $$');
  }
  const kind = pluginOption(name)?.kind;
  if (!isPlain || (kind !== 'text' && kind !== 'list')) return;
  if (/^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?$/.test(text)) {
    yield refused(
      'unquoted',
      `${name} looks like a date without quotes: the whole folder fails to load`,
      'put it in double quotes',
    );
  } else if (isNumberLike(text)) {
    yield trap(
      'unquoted',
      `${name} looks like a number without quotes, and is read as one: another value arrives`,
      'put it in double quotes',
    );
  }
}

/** What Go's YAML reader takes for a number or a switch and gives back in other letters. */
function isNumberLike(text: string): boolean {
  if (/^[-+]?0[0-9_]+$|^[-+]?0[xob][0-9a-f_]+$|^[-+]?[0-9][0-9_]*_[0-9_]*$/i.test(text)) return true;
  if (/^\d{18,}$/.test(text) || /^[-+]?\.(?:inf|nan)$/i.test(text)) return true;
  if (/^(?:yes|no|on|off|y|n|~)$/i.test(text)) return true;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) && /[.e]/i.test(text);
}
