import type { Bouncer, BouncerRegistry } from './bouncers.ts';
import type { DecisionTable } from './decision-table.ts';
import type { LapiFault } from './faults.ts';
import type { GenerationTraits } from './generation.ts';
import { pullDecisions } from './pull.ts';
import { parseQuery, QueryError } from './query.ts';
import type { LoggedRequest, RequestKind } from './request-log.ts';
import { judgeUsageMetrics } from './usage-metrics.ts';
import { renderPull, renderRows } from './wire.ts';

/** An answer before it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Iterable<string>;
  /** No Content-Length, however short. */
  readonly chunked?: boolean;
}

/** What the routes work on. */
export interface LapiState {
  readonly traits: GenerationTraits;
  readonly table: DecisionTable;
  readonly bouncers: BouncerRegistry;
  /** Accepted usage-metrics bodies, parsed. */
  readonly usageMetrics: unknown[];
}

/** Who asks: the bouncer's row, or undefined when it is refused. */
export type Caller = Bouncer | undefined;

const json = { 'content-type': 'application/json; charset=utf-8' };

/** What a path below the prefix is about. */
export function kindOf(path: string): RequestKind {
  switch (path) {
    case '/health':
      return 'health';
    case '/v1/decisions':
      return 'decisions';
    case '/v1/decisions/stream':
      return 'stream';
    case '/v1/usage-metrics':
      return 'usage-metrics';
    default:
      return 'other';
  }
}

/**
 * LAPI's answer to one request. `identify` runs only where LAPI would look at the key. A pull moves the caller's
 * last_pull here, before a byte is sent: whether the client ever gets it makes no difference to a real LAPI either.
 */
export function answer(
  state: LapiState,
  request: LoggedRequest,
  path: string,
  body: string,
  identify: () => Caller,
  fault: LapiFault | undefined,
): Answer {
  const { kind, method } = request;
  const { traits } = state;
  if (kind === 'usage-metrics' && !traits.usageMetrics) return empty(404);
  if (kind === 'other') return otherPath(path, request, traits);
  const verbs = kind === 'usage-metrics' ? ['POST'] : kind === 'health' ? ['GET'] : ['GET', 'HEAD'];
  if (!verbs.includes(method)) return wrongVerb(kind, verbs, traits);
  if (kind === 'health') return { status: 200, headers: json, body: ['{"status":"up"}'] };

  const caller = identify();
  if (!caller) return message(403, 'access forbidden');
  request.bouncer = caller.name;
  try {
    if (kind === 'usage-metrics') return takeMetrics(state, body);
    if (kind === 'decisions' && fault?.kind === 'partial') {
      return message(500, 'query decision failed: unable to query');
    }
    if (kind === 'decisions') return listDecisions(state, request, caller);
    return pullStream(state, request, caller, fault);
  } catch (error) {
    if (error instanceof QueryError) return refuseQuery(state, request, error);
    throw error;
  }
}

function pullStream(state: LapiState, request: LoggedRequest, caller: Bouncer, fault: LapiFault | undefined): Answer {
  const { traits, table } = state;
  if (request.method === 'HEAD' && !traits.headMovesLastPull) return plainText;
  const query = parseQuery(request.query, traits, 'ip,range');
  const now = table.stamp();
  const since = request.startup ? undefined : caller.lastPull;
  const pull = pullDecisions(table, query, since, now, traits);
  if (fault?.kind === 'lose-new' && since !== undefined) pull.added.splice(0, fault.count);
  if (fault?.kind === 'partial') {
    pull.added.splice(fault.keep);
    pull.deleted.length = 0;
  } else caller.lastPull = now;
  request.rows = { added: pull.added.length, deleted: pull.deleted.length };
  return streamAnswer(traits, renderPull(pull, now, traits));
}

function streamAnswer(traits: GenerationTraits, body: Iterable<string>): Answer {
  return { status: 200, headers: { 'content-type': traits.streamType }, body, chunked: traits.alwaysChunked };
}

function refuseQuery({ traits }: LapiState, request: LoggedRequest, error: QueryError): Answer {
  if (request.kind !== 'stream') return message(500, error.message);
  if (traits.errorsAreEmpty) return streamAnswer(traits, renderPull({ added: [], deleted: [] }, 0, traits));
  return message(500, 'get all decisions with filters: unable to query');
}

/** last_pull stands for "was here lately" as well: a list moves it, too, once it is a minute old, and so eats a delta. */
function listDecisions(state: LapiState, request: LoggedRequest, caller: Bouncer): Answer {
  const query = parseQuery(request.query, state.traits);
  if (request.method === 'HEAD') return plainText;
  const now = state.table.stamp();
  if (now - (caller.lastPull ?? -Infinity) >= 60_000) caller.lastPull = now;
  const rows = [...state.table.rows()].filter((row) => row.until > now && query.matches(row));
  request.rows = { added: rows.length, deleted: 0 };
  return {
    status: 200,
    headers: json,
    body: renderRows(rows, now, { ...state.traits, nullArrays: true, uuid: false }),
  };
}

function takeMetrics(state: LapiState, body: string): Answer {
  const verdict = judgeUsageMetrics(body);
  if (verdict.status !== 201) return message(verdict.status, verdict.message ?? '');
  state.usageMetrics.push(JSON.parse(body));
  return empty(201);
}

/** Machine routes want a JWT, a trailing slash is a redirect without the proxy's prefix, all else is unknown. */
function otherPath(path: string, request: LoggedRequest, { allowlists }: GenerationTraits): Answer {
  const machines = allowlists
    ? /^\/v1\/(watchers|alerts|heartbeat|allowlists)(\/|$)/
    : /^\/v1\/(watchers|alerts|heartbeat)(\/|$)/;
  if (machines.test(path) || (request.method === 'DELETE' && /^\/v1\/decisions\/\d+$/.test(path))) {
    return { status: 401, headers: json, body: ['{"code":401,"message":"cookie token is empty"}'] };
  }
  const bare = path.replace(/\/$/, '');
  if (bare === path || kindOf(bare) === 'other' || (request.method === 'POST' && kindOf(bare) !== 'usage-metrics'))
    return empty(404);
  const query = request.query.toString();
  const location = bare + (query && `?${query}`);
  return {
    status: request.method === 'GET' ? 301 : 307,
    headers: { location, 'content-type': 'text/html; charset=utf-8' },
    body: [`<a href="${location.replaceAll('&', '&amp;')}">Moved Permanently</a>.\n\n`],
  };
}

function message(status: number, text: string): Answer {
  return { status, headers: json, body: [JSON.stringify({ message: text })] };
}

const plainText: Answer = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: [] };

function wrongVerb(kind: RequestKind, verbs: readonly string[], { namesMethods }: GenerationTraits): Answer {
  if (!namesMethods) return empty(405);
  const isDeleted = kind === 'decisions' || kind === 'stream';
  return { ...empty(405), headers: { allow: [...verbs, ...(isDeleted ? ['DELETE'] : [])].join(', ') } };
}

function empty(status: number): Answer {
  return { status, headers: {}, body: [] };
}
