import { hintOf, isProxyAnswer, lapiSocketPath, messageOf, proxyRefusal } from '@bouncer/stream';
import type { DecisionFilter, HttpProxy, LapiClient, ProtectedSpace } from '@bouncer/stream';
import { failed, fixFor, passed, troubles, type CheckStep, type TlsTrust } from '@bouncer/target';
import { probe } from './probe.ts';
import type { ProbeAnswer } from './probe.ts';
import { routeSteps } from './route-steps.ts';
import { PullSummary } from './pull-summary.ts';

export interface LapiDoctorOptions {
  readonly apiUrl: string;
  readonly proxy?: HttpProxy | undefined;
  /** User-Agent, and the key when there is one. */
  readonly headers: Readonly<Record<string, string>>;
  readonly trust: TlsTrust;
  readonly client: LapiClient;
  /** Which decisions are enforced. */
  readonly filter: DecisionFilter;
  readonly protectedSpace: () => Promise<ProtectedSpace>;
  /** The name of the connector, for a new key. */
  readonly name: string;
}

/**
 * LAPI's half of the doctor, from the name to the decisions. Stops at the first failure: what comes after it would only
 * say the same in other words. Writes nothing and never asks for the stream.
 */
export async function* checkLapi(options: LapiDoctorOptions, signal: AbortSignal): AsyncGenerator<CheckStep, void> {
  for await (const result of routeSteps(options, signal)) {
    yield result;
    if (!result.ok) return;
  }
  for (const result of await probeSteps(options, signal)) {
    yield result;
    if (!result.ok) return;
  }
  yield await pullStep(options, signal);
}

async function probeSteps(options: LapiDoctorOptions, signal: AbortSignal): Promise<readonly CheckStep[]> {
  const { apiUrl, trust, name, proxy } = options;
  let answer: ProbeAnswer;
  try {
    answer = await probe(options, signal);
  } catch (error) {
    signal.throwIfAborted();
    const fix = hintOf(error) || noAnswerFix(apiUrl, trust);
    return [failed('path', `no answer from ${apiUrl}: ${messageOf(error)}`, fix)];
  }
  const { status } = answer;
  if (proxy && apiUrl.startsWith('http:') && isProxyAnswer(status, answer.contentType)) {
    const refusal = proxyRefusal(proxy, status, `requests to ${apiUrl}`);
    return [failed('proxy', refusal.message, refusal.hint)];
  }
  const path = pathStep(apiUrl, answer);
  if (!path.ok) return [path];
  if ((status === 401 || status === 403) && trust.cert !== undefined)
    return [path, failed('api-key', `LAPI answers ${status}: it does not take the client certificate`, certificateFix)];
  if (status === 401 || status === 403) {
    const seen = `LAPI answers ${status}: the key is wrong or was revoked`;
    return [path, failed('api-key', seen, fixFor(troubles.refusedKey, { name: `my-${name}` }))];
  }
  return [
    path,
    passed('api-key', trust.cert === undefined ? 'the key is accepted' : 'the client certificate is accepted'),
  ];
}

/** A certificate counts more than a key that is sent with it. */
const certificateFix =
  "see in LAPI's config.yaml, `api.server.tls`: `ca_cert_path` has to be the CA that signed the certificate, `bouncers_allowed_ou` has to name its OU";

function noAnswerFix(apiUrl: string, trust: TlsTrust): string {
  if (trust.cert !== undefined)
    return 'check that LAPI accepts the client certificate: `api.server.tls` in its config.yaml';
  const running = 'check that LAPI runs: `sudo cscli lapi status`';
  return apiUrl.startsWith('http:')
    ? `${running}; if it speaks TLS on this port, use https:// in CROWDSEC_API_URL`
    : running;
}

function pathStep(apiUrl: string, { status, location }: ProbeAnswer): CheckStep {
  const url = `${apiUrl}/v1/decisions`;
  const host = lapiSocketPath(apiUrl) === undefined ? new URL(apiUrl).host : 'crowdsec.protected.lan';
  if (status === 200 || status === 401 || status === 403) return passed('path', `${url} is there`);
  if (status === 404) return failed('path', `404 not found: ${url}`, fixFor(troubles.wrongPath, { host }));
  if (status >= 300 && status < 400) {
    const seen = `${url} redirects to ${location ?? 'nowhere'} (${status}), which is not followed: it would carry the key`;
    return failed('path', seen, 'put the address that it redirects to into CROWDSEC_API_URL, without /v1/decisions');
  }
  if (status === 400)
    return failed(
      'path',
      `400 bad request: ${url}`,
      'if LAPI speaks TLS on this port, use https:// in CROWDSEC_API_URL',
    );
  return failed(
    'path',
    `${url} answers ${status}`,
    'check that CrowdSec runs behind the proxy: `sudo cscli lapi status`, and the log of the proxy',
  );
}

async function pullStep(options: LapiDoctorOptions, signal: AbortSignal): Promise<CheckStep> {
  try {
    const summary = new PullSummary(options.filter, await options.protectedSpace());
    const decisions = options.client.decisions(signal, () => {
      summary.addMalformed();
    });
    for await (const decision of decisions) summary.add(decision);
    return summary.step();
  } catch (error) {
    signal.throwIfAborted();
    const hint = hintOf(error);
    return failed('pull', messageOf(error), hint === '' ? 'see the log of CrowdSec for this request' : hint);
  }
}
