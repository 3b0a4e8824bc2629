import type { IncomingHttpHeaders } from 'node:http';
import { goUrlFault } from './go-url.ts';

/** One request as AppSec was asked about it. */
export interface AppsecRequest {
  readonly ip: string;
  readonly uri: string;
  readonly host: string;
  readonly verb: string;
  readonly userAgent: string | undefined;
  readonly httpVersion: string | undefined;
  /** All that came, the ones of the protocol included. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a rule says. `status` is for the visitor. */
export interface AppsecVerdict {
  readonly action: string;
  readonly status: number;
}

/** Undefined where a rule does not match. */
export type AppsecRule = (request: AppsecRequest) => AppsecVerdict | undefined;

/** An answer on the wire; without a body where the real one sends none. */
export interface AppsecAnswer {
  readonly status: number;
  readonly body: string;
}

const ban: AppsecVerdict = { action: 'ban', status: 403 };
/** Source: DefaultMaxBodySize of pkg/appsec, v1.7.8; what exceeds it is dropped by default. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

const pathOf = ({ uri }: AppsecRequest): string => (uri.split(/[?#]/)[0] ?? '').toLowerCase();
const contains = (text: string, word: string): boolean => text.toLowerCase().includes(word);
const SSTI = 'freemarker.template.utility.execute';

/** Two of the public hub (vpatch-env-access, generic-freemarker-ssti), and two for what a configuration can make of it. */
export const appsecRules: readonly AppsecRule[] = [
  (request) => (pathOf(request).endsWith('.env') ? ban : undefined),
  ({ body, uri }) => (contains(body.toString('latin1'), SSTI) || contains(uri, `=${SSTI}`) ? ban : undefined),
  (request) => (pathOf(request) === '/appsec-captcha' ? { action: 'captcha', status: 403 } : undefined),
  (request) => (pathOf(request) === '/appsec-teapot' ? { action: 'ban', status: 418 } : undefined),
];

/**
 * The answer of AppSec 1.7.8 with the configuration of the hub: 401 for a wrong key, before anything else is looked at; 500
 * without a body for what breaks the protocol; 403 or 200 with the action. Source: appsecHandler, NewParsedRequestFromRequest.
 */
export function appsecAnswer(
  headers: IncomingHttpHeaders,
  body: Buffer,
  key: string,
  rules: readonly AppsecRule[],
): { readonly answer: AppsecAnswer; readonly request?: AppsecRequest } {
  const header = (name: string): string => String(headers[`x-crowdsec-appsec-${name}`] ?? '');
  if (header('api-key') !== key || key === '') return { answer: { status: 401, body: '' } };
  const request: AppsecRequest = {
    ip: header('ip'),
    uri: header('uri'),
    host: header('host'),
    verb: header('verb'),
    userAgent: header('user-agent') || undefined,
    httpVersion: header('http-version') || undefined,
    headers,
    body,
  };
  const isBroken = request.ip === '' || request.uri === '' || request.verb === '';
  if (isBroken || goUrlFault(request.uri) !== undefined) return { answer: { status: 500, body: '' } };
  const verdict = body.length > MAX_BODY_BYTES ? ban : firstOf(rules, request);
  const status = verdict.action === 'allow' ? 200 : 403;
  return { request, answer: { status, body: JSON.stringify({ action: verdict.action, http_status: verdict.status }) } };
}

function firstOf(rules: readonly AppsecRule[], request: AppsecRequest): AppsecVerdict {
  for (const rule of rules) {
    const verdict = rule(request);
    if (verdict) return verdict;
  }
  return { action: 'allow', status: 200 };
}
