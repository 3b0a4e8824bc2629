import { BlockList, isIP } from 'node:net';
import type { DecisionRow } from './decision-table.ts';
import type { GenerationTraits } from './generation.ts';

/** What a query asks for: which rows, and whether only the longest of each value, type and scope. */
export interface DecisionQuery {
  readonly matches: (row: DecisionRow) => boolean;
  readonly dedup: boolean;
}

/** A query that LAPI answers with 500 and this message. */
export class QueryError extends Error {}

type Test = (row: DecisionRow) => boolean;

/**
 * Reads the parameters that LAPI's decision filter knows; the first of a repeated one counts, unknown ones are ignored.
 * `scopesByDefault` is what the stream puts in when no scope is asked for. Throws QueryError on a bad ip, range or contains.
 */
export function parseQuery(
  parameters: URLSearchParams,
  traits: GenerationTraits,
  scopesByDefault?: string,
): DecisionQuery {
  const tests: Test[] = [];
  const scope = traits.scopeToo ? parameters.get('scope') : null;
  const scopes = parameters.get('scopes') ?? scope ?? scopesByDefault;
  if (scopes !== undefined) {
    const wanted = new Set(scopes.split(',').map(normaliseScope));
    tests.push((row) => wanted.has(row.scope));
  }
  const origins = parameters.get('origins');
  if (origins !== null) {
    const wanted = new Set(origins.split(','));
    tests.push((row) => wanted.has(row.origin));
  }
  const containing = words(parameters.get('scenarios_containing'));
  if (containing) tests.push((row) => containing.some((word) => row.scenario.toLowerCase().includes(word)));
  const notContaining = words(parameters.get('scenarios_not_containing'));
  if (notContaining) tests.push((row) => !notContaining.some((word) => row.scenario.toLowerCase().includes(word)));
  const type = parameters.get('type');
  if (type !== null) tests.push((row) => row.type === type);
  const value = parameters.get('value');
  if (value !== null) tests.push((row) => row.value === value);
  const contains = goBoolean(parameters.get('contains') ?? 'true', traits);
  for (const name of ['ip', 'range']) {
    const network = parameters.get(name);
    if (network !== null) tests.push(overlap(network, contains, traits));
  }
  const simulated = parameters.get('simulated');
  if (simulated === null || simulated === 'false') tests.push((row) => !row.simulated);
  return {
    matches: (row) => tests.every((test) => test(row)),
    dedup: parameters.get('dedup') !== 'false',
  };
}

function normaliseScope(scope: string): string {
  switch (scope.toLowerCase()) {
    case 'ip':
      return 'Ip';
    case 'range':
      return 'Range';
    case 'country':
      return 'Country';
    case 'as':
      return 'AS';
    default:
      return scope;
  }
}

function words(list: string | null): string[] | undefined {
  return list?.split(',').map((word) => word.toLowerCase());
}

/** `contains`: rows whose network holds the one asked for; otherwise rows that lie inside it. */
function overlap(text: string, contains: boolean, traits: GenerationTraits): Test {
  const asked = parseRange(text);
  if (!asked) throw new QueryError(badNetwork(text, traits));
  return (row) => {
    const own = parseRange(row.value);
    if (!own || own.version !== asked.version) return false;
    return contains ? holds(own, asked) : holds(asked, own);
  };
}

function badNetwork(text: string, { wordyErrors }: GenerationTraits): string {
  const isRange = text.includes('/');
  const start = wordyErrors
    ? `invalid ip ${isRange ? 'range' : 'address'} '${text}'`
    : isRange
      ? `while parsing range ${text}`
      : 'invalid address';
  const reason = isRange ? `: invalid CIDR address: ${text}` : '';
  return `unable to convert '${text}' to int: ${start}${reason}: invalid ip address / range`;
}

/** What Go's strconv.ParseBool takes. */
function goBoolean(text: string, { wordyErrors }: GenerationTraits): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  const blank = wordyErrors ? '' : ' ';
  throw new QueryError(
    `invalid contains value${blank}: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax: invalid filter`,
  );
}

interface Range {
  readonly address: string;
  readonly prefix: number;
  readonly version: 4 | 6;
}

function parseRange(text: string): Range | undefined {
  const [address = '', suffix] = text.split('/');
  const version = isIP(address);
  if (version !== 4 && version !== 6) return undefined;
  const widest = version === 4 ? 32 : 128;
  const prefix = suffix === undefined ? widest : Number(suffix);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > widest) return undefined;
  return { address, prefix, version };
}

function holds(outer: Range, inner: Range): boolean {
  if (outer.prefix > inner.prefix) return false;
  const list = new BlockList();
  const family = outer.version === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(outer.address, outer.prefix, family);
  return list.check(inner.address, family);
}
