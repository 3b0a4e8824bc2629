import { parse } from 'yaml';

/** A service of a compose file, as compose has it after it put variables in their place. */
export interface ComposeService {
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly ComposeMount[];
  readonly command: readonly string[];
  readonly labels: readonly string[];
}

export interface ComposeMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

type Node = Readonly<Record<string, unknown>>;

/**
 * Reads a compose file as strictly as compose does, and stricter: whatever two readers of YAML could take for two things,
 * and any `$` that would be a variable, is refused. Source: compose-spec, 12-interpolation.md and 05-services.md.
 * @throws Error for everything that is not plain.
 */
export function readCompose(text: string): ReadonlyMap<string, ComposeService> {
  const tree = parse(text, { strict: true, uniqueKeys: true }) as Node;
  const older = parse(text, { strict: true, version: '1.1' }) as Node;
  if (JSON.stringify(tree) !== JSON.stringify(older)) throw new Error('old and new YAML differ');
  const services = nodeOf(tree['services'], 'services');
  return new Map(Object.entries(services).map(([name, value]) => [name, serviceOf(nodeOf(value, name))]));
}

function serviceOf(service: Node): ComposeService {
  const environment = Object.entries(nodeOf(service['environment'] ?? {}, 'environment'));
  return {
    environment: new Map(environment.map(([name, value]) => [name, textOf(value)])),
    mounts: listOf(service['volumes']).map(mountOf),
    command: listOf(service['command']).map(textOf),
    labels: listOf(service['labels']).map(textOf),
  };
}

/** Long form, or `SOURCE:TARGET[:ro]`: a colon more, and it is another mount. */
function mountOf(value: unknown): ComposeMount {
  if (typeof value === 'object') {
    const { type, source, target, read_only: readOnly, ...more } = nodeOf(value, 'volume');
    if ((type !== 'bind' && type !== 'volume') || Object.keys(more).length > 0) throw new Error('an unknown mount');
    return { source: textOf(source), target: textOf(target), readOnly: readOnly === true };
  }
  const [source = '', target = '', mode, ...more] = textOf(value).split(':');
  if (!/^[./~]|^[A-Za-z0-9][\w.-]*$/.test(source) || !target.startsWith('/') || more.length > 0)
    throw new Error(`not a mount: ${JSON.stringify(value)}`);
  if (mode !== undefined && mode !== 'ro' && mode !== 'rw') throw new Error(`no mode of a mount: ${mode}`);
  return { source, target, readOnly: mode === 'ro' };
}

function nodeOf(value: unknown, name: string): Node {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is no map`);
  return value as Node;
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error('not a list');
  return value;
}

/** A text in which `$$` stands for `$`, and nothing for a variable. */
function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`${JSON.stringify(value)} is no text`);
  if (/\$/.test(value.replaceAll('$$', ''))) throw new Error(`a variable, or no valid one: ${value}`);
  return value.replaceAll('$$', '$');
}
