import path from 'node:path';
import { parse } from 'yaml';

/** A service of a compose file as words of `docker run`. */
export interface ComposedService {
  readonly service: string;
  /** Name of its container. */
  readonly container: string;
  /** What stands behind `docker run`, less `-d` and the image. */
  readonly options: readonly string[];
  readonly image: string;
  /** Services that have to be healthy before it is started. */
  readonly after: readonly string[];
}

/** A compose file with its variables filled in. */
export interface Composition {
  /** Its own network, in which services find each other by name. */
  readonly network: string;
  readonly services: readonly ComposedService[];
  /** Files of secrets that chosen services need: compose refuses to start without one. */
  readonly secrets: readonly string[];
}

interface Raw {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes?: Readonly<Record<string, null>>;
}

/** What a value is read against. */
interface Place {
  readonly folder: string;
  readonly project: string;
  readonly raw: Raw;
}

const each =
  (option: string) =>
  (value: unknown): string[] =>
    listOf(value).flatMap((item) => [option, item]);

/** Keys of a service that this knows, and their words. Any other is an error: a test must not pass over what it cannot do. */
const words: Readonly<Record<string, (value: unknown, place: Place) => string[]>> = {
  build: () => [],
  cap_add: each('--cap-add'),
  cap_drop: each('--cap-drop'),
  depends_on: () => [],
  deploy: (value) => ['--memory', textOf(digTo(value, ['resources', 'limits', 'memory'])).toLowerCase()],
  environment: (value) => Object.entries(value as object).flatMap(([name, text]) => ['-e', `${name}=${textOf(text)}`]),
  healthcheck: (value) => Object.entries(value as object).flatMap(([name, text]) => healthWords(name, text)),
  image: () => [],
  network_mode: (value) => ['--network', textOf(value)],
  ports: each('-p'),
  profiles: () => [],
  read_only: (value) => (value === true ? ['--read-only'] : []),
  restart: (value) => [`--restart=${textOf(value)}`],
  secrets: (value, place) =>
    listOf(value).flatMap((name) => ['-v', `${secretFile(name, place)}:/run/secrets/${name}:ro`]),
  security_opt: each('--security-opt'),
  tmpfs: each('--tmpfs'),
  user: (value) => ['--user', textOf(value)],
  volumes: (value, place) => listOf(value).flatMap((text) => ['-v', mounted(text, place)]),
};

/**
 * Reads a compose file as Docker's own compose does, as far as the files of this repository go. `folder` is where it lies.
 * Throws on a key that it does not know, and in compose's words on a variable without a value.
 */
export function readComposition(
  text: string,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Composition {
  const raw = filledIn(parse(text), env) as Raw;
  const unknown = Object.keys(raw).filter((key) => !['services', 'secrets', 'volumes'].includes(key));
  if (unknown.length > 0) throw new Error(`compose: unknown ${unknown.join()}`);
  const project = path.basename(folder);
  const place = { folder, project, raw };
  const network = `${project}_default`;
  const profiles = (env['COMPOSE_PROFILES'] ?? '').split(',');
  const chosen = Object.entries(raw.services).filter(
    ([, { profiles: own }]) => own === undefined || listOf(own).some((name) => profiles.includes(name)),
  );
  return {
    network,
    services: chosen.map(([service, keys]) => ({
      service,
      container: `${project}-${service}-1`,
      options: [
        ...(keys['network_mode'] === undefined ? ['--network', network, '--network-alias', service] : []),
        ...Object.entries(keys).flatMap(([key, value]) => wordsOfKey(key, value, place)),
      ],
      image: textOf(keys['image']),
      after: Object.keys(keys['depends_on'] ?? {}),
    })),
    secrets: chosen.flatMap(([, { secrets = [] }]) => listOf(secrets).map((name) => secretFile(name, place))),
  };
}

function wordsOfKey(key: string, value: unknown, place: Place): string[] {
  const make = words[key];
  if (!make) throw new Error(`compose: this test does not know the key ${key}`);
  return make(value, place);
}

function healthWords(name: string, value: unknown): string[] {
  if (name === 'interval' || name === 'start_period') return [`--health-${name.replace('_', '-')}`, textOf(value)];
  const [kind, ...command] = name === 'test' ? listOf(value) : [];
  if (kind !== 'CMD') throw new Error(`compose: this test does not know the health check's ${name}`);
  return ['--health-cmd', command.join(' ')];
}

/** A variable without a value ends it, as it ends compose. */
function filledIn(value: unknown, env: Readonly<Record<string, string | undefined>>): unknown {
  if (Array.isArray(value)) return value.map((item) => filledIn(item, env));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, env)]));
  if (typeof value !== 'string') return value;
  return value.replaceAll(/\$(?:\{(\w+):([-?])([^}]*)\})?/g, (found, name: string | undefined, mark, rest: string) => {
    if (name === undefined) throw new Error(`compose: this test does not know ${found} in ${value}`);
    const given = env[name] ?? '';
    if (given === '' && mark === '?') throw new Error(`required variable ${name} is missing a value: ${rest}`);
    return given === '' && mark === '-' ? rest : given;
  });
}

function mounted(text: string, { folder, project, raw }: Place): string {
  const [source = '', ...rest] = text.split(':');
  if (source.startsWith('/')) return text;
  if (source.startsWith('.')) return [path.resolve(folder, source), ...rest].join(':');
  if (raw.volumes === undefined || !(source in raw.volumes)) throw new Error(`undefined volume ${source}`);
  return [`${project}_${source}`, ...rest].join(':');
}

function secretFile(name: string, { folder, raw }: Place): string {
  const secret = raw.secrets?.[name];
  if (!secret) throw new Error(`undefined secret ${name}`);
  return path.resolve(folder, secret.file);
}

/** What is at the end of a way along which there is nothing else. */
function digTo(value: unknown, way: readonly string[]): unknown {
  const [key, ...rest] = way;
  if (key === undefined) return value;
  const entries = Object.entries(value as object);
  if (entries.length !== 1 || entries[0]?.[0] !== key) throw new Error(`compose: expected ${key} and nothing else`);
  return digTo(entries[0][1], rest);
}

function listOf(value: unknown): string[] {
  if (!Array.isArray(value)) throw new Error(`compose: not a list: ${JSON.stringify(value)}`);
  return value.map(textOf);
}

function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new Error(`compose: not a text: ${JSON.stringify(value)}`);
}
