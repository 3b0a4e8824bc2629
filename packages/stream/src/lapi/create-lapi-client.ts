import type { WireDecision } from '../decisions/wire-decision.ts';
import { createAgent } from './agent.ts';
import type { TrustOptions } from './agent.ts';
import { parseBaseUrl } from './api-url.ts';
import { readWireDecision } from './decision-schema.ts';
import type { HttpProxy } from './http-proxy.ts';
import { ElementSplitter } from './element-splitter.ts';
import { malformedAnswer } from './lapi-error.ts';
import type { Delta, LapiClient, PullResult, StreamQuery } from './lapi-client.ts';
import { LapiHttp } from './lapi-http.ts';
import type { LapiLimits } from './lapi-http.ts';
import { lapiVersionOf } from './lapi-version.ts';

export interface LapiOptions extends TrustOptions {
  /** Base URL with or without a path prefix and trailing slashes, or LAPI's unix socket (`unix:///path`, `/path`). */
  readonly url: string;
  /** The only proxy that is used; HTTP_PROXY and its like are not followed. */
  readonly proxy?: HttpProxy | undefined;
  /** Asked for each request, so that a rotated key needs no restart. Trimmed. Absent with a client certificate. */
  readonly apiKey?: (() => string) | undefined;
  /** Sent as it is. LAPI shows `type/version` in `cscli bouncers list` when there is exactly one slash. */
  readonly userAgent: string;
  /** Called after a 401 or 403, before the AuthError: the moment to read secrets again. */
  readonly onAuthFailure?: (() => void) | undefined;
  /** For tests; the defaults are the contract's (section 4.8). */
  readonly limits?: Partial<LapiLimits> | undefined;
}

/** Contract, section 4.8. */
const LIMITS: LapiLimits = { deltaMs: 15_000, fullMs: 120_000, bodyBytes: 256 * 1024 * 1024 };

const STREAM = '/v1/decisions/stream';
const STREAM_KEYS = new Set(['new', 'deleted']);
const NEW_ONLY = new Set(['new']);

/** A client for one LAPI. Throws ConfigError for a URL, a CA or a client certificate that can never work. Sends nothing yet. */
export function createLapiClient(options: LapiOptions): LapiClient {
  const { base: url, socketPath } = parseBaseUrl(options.url);
  const http = new LapiHttp({
    ...options,
    url,
    socketPath,
    agent: createAgent(url, options, options.proxy),
    limits: { ...LIMITS, ...options.limits },
  });

  async function pullStream(
    startup: boolean,
    query: StreamQuery,
    keys: ReadonlySet<string>,
    onDecision: (key: string, decision: WireDecision) => void,
    signal: AbortSignal,
  ): Promise<PullResult> {
    const result = { decisions: 0, malformed: 0, bytes: 0 };
    let [head, first]: [string, unknown] = ['', undefined];
    const splitter = new ElementSplitter({ root: 'object', keys }, (key, elements) => {
      first ??= elements[0];
      for (const element of elements) {
        const decision = readWireDecision(element);
        if (decision) {
          result.decisions++;
          onDecision(key, decision);
        } else result.malformed++;
      }
    });
    const milliseconds = startup ? http.limits.fullMs : http.limits.deltaMs;
    const request = { method: 'GET', path: STREAM, query: streamQuery(startup, query), milliseconds } as const;
    for await (const chunk of http.body(request, signal)) {
      if (result.bytes === 0) head = chunk.toString('latin1', 0, 64);
      result.bytes += chunk.length;
      splitter.write(chunk);
    }
    splitter.end();
    // LAPI always sends it, `null` when there is nothing. Without it, this is no news that nothing is banned.
    if (!splitter.has('new')) throw malformedAnswer('"new" is not in it');
    return { ...result, version: lapiVersionOf({ head, first }) };
  }

  return {
    pullFull(query, onDecision, signal, onDeleted) {
      const sort = (key: string, decision: WireDecision) => {
        if (key === 'new') onDecision(decision);
        else onDeleted?.(decision);
      };
      return pullStream(true, query, onDeleted ? STREAM_KEYS : NEW_ONLY, sort, signal);
    },

    async pullDelta(query, signal): Promise<Delta> {
      const deleted: WireDecision[] = [];
      const added: WireDecision[] = [];
      const sort = (key: string, decision: WireDecision) => {
        (key === 'new' ? added : deleted).push(decision);
      };
      return { ...(await pullStream(false, query, STREAM_KEYS, sort, signal)), deleted, added };
    },

    async *decisions(signal, onMalformed) {
      let ready: unknown[] = [];
      const splitter = new ElementSplitter({ root: 'array', keys: STREAM_KEYS }, (_key, elements) => {
        ready = ready.concat(elements);
      });
      const request = { method: 'GET', path: '/v1/decisions', milliseconds: http.limits.fullMs } as const;
      for await (const chunk of http.body(request, signal)) {
        splitter.write(chunk);
        for (const element of ready) {
          const decision = readWireDecision(element);
          if (decision) yield decision;
          else onMalformed?.();
        }
        ready = [];
      }
      splitter.end();
    },

    async pushUsageMetrics(body, signal) {
      const request = { method: 'POST', path: '/v1/usage-metrics', body, milliseconds: http.limits.deltaMs } as const;
      const answer = http.body(request, signal, [404]);
      for (;;) {
        const step = await answer.next();
        if (step.done) return step.value === 404 ? 'unsupported' : 'accepted';
      }
    },
  };
}

/**
 * `startup` must be exactly `true`: for `1` or `yes` LAPI sends a delta. `dedup=false` always: with it LAPI tells of
 * every decision, so that the set knows which ones still hold an address; without it, a deletion names the longest
 * one only, and a longer decision that our filter leaves out hides the one that we want.
 */
function streamQuery(startup: boolean, query: StreamQuery): Record<string, string> {
  return {
    startup: String(startup),
    dedup: 'false',
    ...list('origins', query.origins),
    ...list('scenarios_containing', query.scenariosContaining),
    ...list('scenarios_not_containing', query.scenariosNotContaining),
  };
}

function list(name: string, values: readonly string[] = []): Record<string, string> {
  return values.length === 0 ? {} : { [name]: values.join(',') };
}
