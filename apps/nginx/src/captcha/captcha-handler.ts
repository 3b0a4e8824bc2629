import type { IncomingMessage, RequestListener } from 'node:http';
import type { Logger } from '@bouncer/target';
import { isSingle, parseNetwork, type Clock } from '@bouncer/stream';
import { Attempts } from './attempts.ts';
import type { CaptchaOptions } from './captcha-config.ts';
import { PASS_COOKIE, Passes } from './pass.ts';
import { returnPath } from './return-path.ts';
import { describeFailure, isAboutSecret, verifyAnswer } from './verify-answer.ts';

/** Form fields with a token, the longest of which has some 5 kB. crowdsec.lua has the same limit. */
export const MAX_FORM_BYTES = 16 * 1024;
const ATTEMPTS_A_MINUTE = 10;
/** Questions to the provider at a time. */
const MAX_AT_ONCE = 32;
const WARN_EVERY_MS = 60_000;

/**
 * Answers crowdsec.lua, which names the visitor in `X-Client`. `GET /pass` with `X-Pass`: 204 and the seconds left in
 * `X-Left`, or 403. `POST /answer` with the visitor's form: 303 with the cookie and where to go, or a status that means
 * "show the page again": 403 not solved, 413 too large, 429 too often, 502 no word from the provider.
 */
export function captchaHandler(
  options: CaptchaOptions,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): RequestListener {
  const { secret, expiration } = options;
  const passes = new Passes(() => secret.value(), expiration);
  const attempts = new Attempts(clock, ATTEMPTS_A_MINUTE);
  let asking = 0;
  let warnedAt = -Infinity;

  function warn(fields: Record<string, unknown>, message: string): void {
    if (clock.now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = clock.now();
    log.warn(fields, message);
  }

  async function isSolved(response: string, remoteip: string): Promise<boolean> {
    const ask = () => verifyAnswer(options.verifyUrl, { secret: secret.value(), response, remoteip }, signal);
    let verdict = await ask();
    if (!verdict.success && isAboutSecret(verdict)) {
      if (secret.refresh()) verdict = await ask();
      else warn({ codes: verdict.codes }, 'the captcha provider refuses NGINX_CAPTCHA_SECRET: nobody can pass');
    }
    return verdict.success;
  }

  async function judge(request: IncomingMessage, client: string): Promise<Reply> {
    const form = await readForm(request);
    if (form === undefined) return { status: 413 };
    const token = form.get(options.field) ?? '';
    if (token === '') return { status: 403 };
    if (asking >= MAX_AT_ONCE || !attempts.take(client)) return { status: 429 };
    asking += 1;
    try {
      if (!(await isSolved(token, client))) return { status: 403 };
    } catch (error) {
      warn(describeFailure(error), 'captchas cannot be verified: all of them stay unsolved');
      return { status: 502 };
    } finally {
      asking -= 1;
    }
    log.info({ client }, 'captcha solved');
    const secure = request.headers['x-scheme'] === 'https' ? '; Secure' : '';
    const pass = passes.issue(client, clock.wall() / 1000);
    const headers = {
      Location: returnPath(form.get('to')),
      'Set-Cookie': `${PASS_COOKIE}=${pass}; Path=/; Max-Age=${expiration}; HttpOnly; SameSite=Lax${secure}`,
    };
    return { status: 303, headers };
  }

  function lookAtPass(request: IncomingMessage, client: string): Reply {
    const left = passes.check(header(request, 'x-pass'), client, clock.wall() / 1000);
    return left > 0 ? { status: 204, headers: { 'X-Left': String(left) } } : { status: 403 };
  }

  async function reply(request: IncomingMessage): Promise<Reply> {
    // The same spelling for every form of an address, as in the list itself.
    const client = parseNetwork(header(request, 'x-client'));
    if (client === undefined || !isSingle(client)) return { status: 400 };
    const wanted = `${request.method ?? ''} ${request.url ?? ''}`;
    if (wanted === 'GET /pass') return lookAtPass(request, client);
    return wanted === 'POST /answer' ? judge(request, client) : { status: 404 };
  }

  return (request, response) => {
    reply(request).then(
      ({ status, headers }) => {
        response.writeHead(status, { ...headers, Connection: 'close', 'Content-Length': 0 }).end();
      },
      (error: unknown) => {
        log.debug(describeFailure(error), 'a captcha request ended early');
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
