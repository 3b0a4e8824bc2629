import type { IncomingMessage, ServerResponse } from 'node:http';

/** One answer. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sent with every answer: nothing of it may be kept, framed, sniffed or run. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

const htmlType = 'text/html; charset=utf-8';

/** A page with its own security policy on top of `default-src 'none'`. */
export function page(body: string, policy: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const security = `default-src 'none'; ${policy}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
  return { status: 200, type: htmlType, body, headers: { 'content-security-policy': security, ...headers } };
}

export function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

/** A file to keep: a browser saves it. */
export function csv(body: string): Reply {
  const headers = { 'content-disposition': 'attachment; filename="crowdsec-blocked.csv"' };
  return { status: 200, type: 'text/csv; charset=utf-8', body, headers };
}

export function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n`, headers };
}

export function send(response: ServerResponse, { status, type, body, headers }: Reply): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...safeHeaders,
    ...headers,
  });
  response.end(body);
}

/** True for a person's browser, not for a program that asks. */
export function takesHtml(request: IncomingMessage): boolean {
  return request.headers.accept?.includes('text/html') === true;
}

/** True when the client takes gzip, as every browser does. */
export function takesGzip(request: IncomingMessage): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0+)?\s*(,|$))/.test(request.headers['accept-encoding'] ?? '');
}
