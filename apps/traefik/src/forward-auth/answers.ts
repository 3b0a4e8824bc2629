import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { printable } from '@bouncer/target';
import type { Network } from '@bouncer/stream';
import { wantsJson, askedOf } from './asked.ts';
import type { Admission } from './gate.ts';
import type { LogSample } from './log-sample.ts';

/** How a refusal looks. */
export interface BanLook {
  /** HTML; `{{host}}`, `{{reason}}`, `{{address}}` and `{{request_id}}` stand for what is known of the request. */
  readonly page: string;
  readonly status: number;
  /** Where refused clients are sent instead. */
  readonly redirect?: string | undefined;
  /** Name of a response header that tells `ban` or `captcha`. */
  readonly header?: string | undefined;
}

/** Why a request is refused. */
export interface Refused {
  readonly client: Network;
  /** Scenario or list, or `appsec`; untrusted text. */
  readonly reason: string;
  /** LAPI's id of the decision, where there is one and it is known. */
  readonly decision?: (() => number | undefined) | undefined;
  /** Of AppSec's own. */
  readonly status?: number | undefined;
}

const PLACE = /\{\{(host|reason|address|request_id)\}\}/g;
const CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/** What NGINX's auth_request takes; it shows a page of its own. */
const NGINX_STATUS = 403;
const MAX_SHOWN = 200;

/** Writes what is no pass. A proxy shows it to the client as it is, but for NGINX, which takes the status alone. */
export class Answers {
  readonly #look: BanLook;
  readonly #sample: LogSample;
  /** A flat list costs the least: head and page leave in one write. Undefined where the page has places to fill. */
  readonly #flat: string[] | undefined;

  constructor(look: BanLook, sample: LogSample) {
    this.#look = look;
    this.#sample = sample;
    const isPlain = look.page.search(PLACE) < 0 && look.redirect === undefined;
    this.#flat = isPlain
      ? Object.entries(this.#pageHeaders(look.page)).flatMap(([name, value]) => [name, String(value)])
      : undefined;
  }

  ban(request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }, refused: Refused): void {
    const { redirect, header } = this.#look;
    this.#tell('ban', request, refused);
    if (isNginx(request)) {
      response.writeHead(NGINX_STATUS, { 'content-length': 0 }).end();
      return;
    }
    const status = refused.status ?? this.#look.status;
    if (wantsJson(request)) {
      this.#json(response, { error: 'forbidden', status, request_id: idOf(request) }, header && { [header]: 'ban' });
      return;
    }
    if (redirect !== undefined && refused.status === undefined) {
      const headers = { location: redirect, 'content-length': 0, 'cache-control': 'no-store' };
      response.writeHead(302, { ...headers, ...(header !== undefined && { [header]: 'ban' }) }).end();
      return;
    }
    if (this.#flat) {
      response.writeHead(status, this.#flat).end(this.#look.page);
      return;
    }
    const values = {
      host: askedOf(request).host,
      reason: refused.reason,
      address: refused.client,
      request_id: idOf(request),
    };
    const page = this.#look.page.replace(PLACE, (_, name: keyof typeof values) => escaped(values[name]));
    response.writeHead(status, this.#pageHeaders(page)).end(page);
  }

  captcha(
    request: IncomingMessage,
    response: ServerResponse & { req: IncomingMessage },
    { page, by }: Extract<Admission, { kind: 'captcha' }>,
    refused: Refused,
  ): void {
    const { header } = this.#look;
    const told = header === undefined ? {} : { [header]: 'captcha' };
    this.#tell('captcha', request, by === 'appsec' ? { client: refused.client, reason: 'appsec' } : refused);
    if (isNginx(request)) response.writeHead(NGINX_STATUS, { 'content-length': 0 }).end();
    else if (wantsJson(request)) this.#json(response, { error: 'captcha', status: 403 }, told);
    else {
      const headers = { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(page) };
      // The address of the page is nobody's business, and of the form least of all.
      const privacy = {
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      };
      response.writeHead(403, { ...headers, ...privacy, ...told }).end(page);
    }
  }

  /** For the probe of `check`: whom we took for the client. Refused, so that it comes back through the proxy. */
  seen(response: ServerResponse, crowdsec_probe: { readonly whose: string; readonly address: string }): void {
    this.#json(response, { status: 403, crowdsec_probe }, {});
  }

  solved(response: ServerResponse, { location, cookie }: Extract<Admission, { kind: 'solved' }>): void {
    const headers = { location, 'content-length': 0, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
    response.writeHead(303, { ...headers, ...(cookie !== undefined && { 'set-cookie': cookie }) }).end();
  }

  #json(response: ServerResponse, value: object, told: OutgoingHttpHeaders | '' | undefined): void {
    const { status } = value as { status: number };
    const body = `${JSON.stringify(value)}\n`;
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, 'cache-control': 'no-store', ...(told ? told : {}) }).end(body);
  }

  #pageHeaders(page: string): OutgoingHttpHeaders {
    const { header } = this.#look;
    return {
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(page),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': CSP,
      ...(header !== undefined && { [header]: 'ban' }),
    };
  }

  #tell(remediation: string, request: IncomingMessage, { client, reason, decision }: Refused): void {
    this.#sample.refused(client, () => {
      const { host, uri } = askedOf(request);
      const path = uri.split('?', 1)[0] ?? '';
      const shown = { remediation, host: shownText(host), path: shownText(path), reason: shownText(reason) };
      const id = decision?.();
      return id === undefined ? shown : { ...shown, decision: id };
    });
  }
}

function isNginx({ url = '' }: IncomingMessage): boolean {
  return url.includes('proxy=nginx');
}

function idOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}

function shownText(text: string): string {
  return printable(text.slice(0, MAX_SHOWN));
}

function escaped(text: string): string {
  return shownText(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
