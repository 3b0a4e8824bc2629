import type { IncomingMessage, RequestListener } from 'node:http';
import type { Logger } from '@bouncer/target';
import { CaptchaJudge, hostOf, passCookie, Passes, returnPath, siteOf } from '@bouncer/target/captcha';
import { isSingle, messageOf, parseNetwork, type Clock } from '@bouncer/stream';
import type { CaptchaOptions } from './captcha-config.ts';

/** Form fields with a token, the longest of which has some 5 kB. crowdsec.lua has the same limit. */
export const MAX_FORM_BYTES = 16 * 1024;
/** What the verdicts on an answer are for crowdsec.lua. */
const statuses = { unsolved: 403, busy: 429, away: 502 } as const;

/**
 * Answers crowdsec.lua, which names the visitor in `X-Client` and the host in `X-Host`. `GET /pass` with `X-Pass`: 204 and the seconds left in
 * `X-Left`, or 403. `POST /answer` with the visitor's form: 303 with the cookie and where to go, or a status that means
 * "show the page again": 403 not solved, 413 too large, 429 too often, 502 no word from the provider.
 */
export function captchaHandler(
  options: CaptchaOptions,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): RequestListener {
  const { secret, expiration, cookieDomain } = options;
  const passes = new Passes(() => secret.value(), expiration);
  const judge = new CaptchaJudge(options, clock, log, signal);

  async function take(request: IncomingMessage, client: string, host: string): Promise<Reply> {
    const form = await readForm(request);
    if (form === undefined) return { status: 413 };
    const token = form.get(options.field) ?? '';
    const verdict = await judge.judge(token, client);
    if (verdict !== 'solved') return { status: statuses[verdict] };
    const { site, domain } = siteOf(host, cookieDomain);
    const pass = passes.issue({ address: client, site }, clock.wall() / 1000);
    const isSecure = request.headers['x-scheme'] === 'https';
    const headers = {
      Location: returnPath(form.get('to')),
      'Set-Cookie': passCookie(pass, expiration, isSecure, domain),
    };
    return { status: 303, headers };
  }

  function lookAtPass(request: IncomingMessage, client: string, host: string): Reply {
    const { site } = siteOf(host, cookieDomain);
    const left = passes.check(header(request, 'x-pass'), { address: client, site }, clock.wall() / 1000);
    return left > 0 ? { status: 204, headers: { 'X-Left': String(left) } } : { status: 403 };
  }

  async function reply(request: IncomingMessage): Promise<Reply> {
    // The same spelling for every form of an address, as in the list itself.
    const client = parseNetwork(header(request, 'x-client'));
    const host = hostOf(header(request, 'x-host'));
    if (client === undefined || !isSingle(client) || host === undefined) return { status: 400 };
    const wanted = `${request.method ?? ''} ${request.url ?? ''}`;
    if (wanted === 'GET /pass') return lookAtPass(request, client, host);
    return wanted === 'POST /answer' ? take(request, client, host) : { status: 404 };
  }

  return (request, response) => {
    reply(request).then(
      ({ status, headers }) => {
        response.writeHead(status, { ...headers, Connection: 'close', 'Content-Length': 0 }).end();
      },
      (error: unknown) => {
        log.debug({ error: messageOf(error) }, 'a captcha request ended early');
        response.destroy();
      },
    );
  };
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** Undefined when it is too long. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_FORM_BYTES) return undefined;
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}
