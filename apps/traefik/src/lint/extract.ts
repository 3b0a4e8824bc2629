import type { OptionMap, OptionValue } from '../options/finding.ts';
import { pluginModule } from '../plugin/documents.ts';
import { limitsOf, pluginOption } from '../options/option-table.ts';
import { newestPlugin } from '../options/plugin-table.ts';
import { labelTree } from './parse-lines.ts';
import type { Source } from './parse-source.ts';
import { childrenOf, isSourceLeaf, isSourceList, isSourceMap, lineOf, sourceAt, textOf } from './source-node.ts';
import type { SourceMap, SourceNode } from './source-node.ts';

/** A plugin as the static part declares it. */
export interface Declaration {
  readonly path: string;
  readonly line: number;
  readonly alias: string;
  readonly isLocal: boolean;
  readonly node: SourceNode;
  readonly moduleName: string | undefined;
  readonly version: string | undefined;
}

/** A middleware that uses a plugin. */
export interface Use {
  readonly path: string;
  readonly line: number;
  /** `lines` are labels or KV pairs; `labels` stand in a compose file. */
  readonly from: 'file' | 'labels' | 'lines' | 'kubernetes';
  readonly middleware: string;
  readonly alias: string;
  readonly options: OptionMap;
  /** The same with their places. */
  readonly nodes: ReadonlyMap<string, SourceNode>;
  /** Options whose values Traefik's templates fill in: something sound stands in their place. */
  readonly templated: readonly string[];
}

/** A part of a file that is one of Traefik's trees: static, dynamic, or both. */
export interface Part {
  readonly path: string;
  readonly from: Use['from'];
  readonly node: SourceMap;
}

/** The trees in a file: the file itself, or what labels, flags and variables of a compose file stand for. */
export function partsOf({ path, kind, documents }: Source): readonly Part[] {
  const parts: Part[] = [];
  for (const node of documents) {
    if (!isSourceMap(node)) continue;
    const services = childrenOf(sourceAt(node, 'services')).map(([, service]) => service);
    if (textOf(sourceAt(node, 'kind')) !== undefined && sourceAt(node, 'apiVersion') !== undefined) {
      parts.push({ path, from: 'kubernetes', node });
    } else if (services.length > 0 && sourceAt(node, 'http') === undefined) {
      for (const service of services) parts.push(...serviceParts(path, service));
    } else parts.push({ path, from: kind === 'lines' ? 'lines' : 'file', node });
  }
  return parts;
}

function serviceParts(path: string, service: SourceNode): readonly Part[] {
  const command = sourceAt(service, 'command');
  const flags = isSourceLeaf(command) ? command.text.split(/\s+/).map((text) => ({ ...command, text })) : command;
  return [sourceAt(service, 'labels'), sourceAt(service, 'deploy', 'labels'), sourceAt(service, 'environment'), flags]
    .map((node) => labelTree(node))
    .filter((node) => node.children.size > 0)
    .map((node) => ({ path, from: 'labels', node }));
}

/** All plugins that the static part declares. */
export function declarationsOf({ path, node }: Part): readonly Declaration[] {
  return (['plugins', 'localPlugins'] as const).flatMap((group) =>
    childrenOf(sourceAt(node, 'experimental', group)).map(([alias, child]) => ({
      path,
      line: lineOf(child),
      alias,
      isLocal: group === 'localPlugins',
      node: child,
      moduleName: textOf(sourceAt(child, 'moduleName')),
      version: textOf(sourceAt(child, 'version')),
    })),
  );
}

/** True when it is the plugin that we know the options of; one whose module nobody told may be. */
export function isBouncer({ moduleName }: Pick<Declaration, 'moduleName'>): boolean {
  return moduleName === undefined || moduleName.toLowerCase() === pluginModule.toLowerCase();
}

/** All middlewares that use a plugin. */
export function usesOf({ path, from, node }: Part): readonly Use[] {
  const middlewares =
    from === 'kubernetes'
      ? [[textOf(sourceAt(node, 'metadata', 'name')) ?? '', sourceAt(node, 'spec') ?? node] as const]
      : childrenOf(sourceAt(node, 'http', 'middlewares'));
  return middlewares.flatMap(([middleware, body]) =>
    childrenOf(sourceAt(body, 'plugin')).map(([alias, options]) => {
      const nodes = new Map(childrenOf(options));
      const templated = [...nodes].filter(([, node]) => hasTemplate(node)).map(([name]) => name);
      const sound = optionsOf(nodes);
      return { path, line: lineOf(options), from, middleware, alias, nodes, templated, options: sound };
    }),
  );
}

function optionsOf(nodes: ReadonlyMap<string, SourceNode>): OptionMap {
  const options: Record<string, OptionValue> = {};
  for (const [name, node] of nodes) {
    // Traefik drops a key without a value.
    if (hasTemplate(node)) options[name] = soundValue(name);
    else if (isSourceLeaf(node) && node.isNull !== true) options[name] = node.text;
    else if (isSourceList(node)) options[name] = node.map((item) => textOf(item) ?? '');
  }
  return options;
}

function hasTemplate(node: SourceNode): boolean {
  if (isSourceList(node)) return node.some(hasTemplate);
  return isSourceLeaf(node) && node.isTemplate === true;
}

/** What no rule objects to, for a value that only Traefik knows. */
function soundValue(name: string): OptionValue {
  const option = pluginOption(name);
  if (option?.kind === 'boolean') return 'true';
  const { min = 0, max = Infinity, words } = option ? limitsOf(option, newestPlugin) : {};
  if (option?.kind === 'integer') return String(Math.min(max, Math.max(min, 60)));
  if (option?.kind === 'list') return [];
  return words?.find((word) => word !== '') ?? '{{ env "TEMPLATE" }}';
}
