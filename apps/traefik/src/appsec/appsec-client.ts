import { Agent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { appsecPlace, type AppsecCounts, type Concern, type Logger, type Secret } from '@bouncer/target';
import { messageOf, type Clock, type Network } from '@bouncer/stream';
import { Breaker } from './breaker.ts';
import { questionHeaders } from './question.ts';
import type { Asked } from './question.ts';

/** Characters of an answer; a longer one is not AppSec's. */
const MAX_ANSWER = 64 * 1024;
const TELL_EVERY_MS = 60_000;

/** What AppSec says of a request. */
export interface AppsecWord {
  readonly action: 'allow' | 'ban' | 'captcha';
  /** For the visitor. */
  readonly status: number;
}

export interface AppsecOptions {
  /** As `appsecSettings` has it. */
  readonly url: string;
  readonly key: Secret;
  readonly timeoutMs: number;
  /** Certificates to trust, in PEM, where it is asked by https. */
  readonly ca: () => string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Asks CrowdSec's AppSec about one request after the other, over connections that are kept. */
export class AppsecClient {
  readonly counts: { -readonly [Name in keyof AppsecCounts]: number } = { passed: 0, blocked: 0, failed: 0 };
  readonly #options: AppsecOptions;
  readonly #breaker: Breaker;
  readonly #open: (headers: string[], method: string) => ClientRequest;
  #isRefused = false;
  #lastFault: string | undefined;
  #toldAt = -Infinity;

  constructor(options: AppsecOptions) {
    this.#options = options;
    this.#breaker = new Breaker(options.clock);
    const { origin, socketPath } = appsecPlace(options.url);
    const isTls = origin.startsWith('https:');
    const limits = { keepAlive: true, maxSockets: 512, maxFreeSockets: 64 };
    const agent = isTls ? new TlsAgent({ ...limits, ca: options.ca() }) : new Agent(limits);
    const { protocol, hostname, port, pathname } = new URL(origin);
    const common: RequestOptions = {
      agent,
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: pathname,
    };
    const open = isTls ? httpsRequest : httpRequest;
    this.#open = (headers, method) =>
      open({ ...common, method, headers, setDefaultHeaders: false, ...(socketPath !== undefined && { socketPath }) });
  }

  /** Undefined when there is no word of it: then the failure action counts. Never rejects. */
  async ask(asked: Asked, client: Network, body: Buffer): Promise<AppsecWord | undefined> {
    const word = this.#breaker.mayAsk() ? await this.#word(asked, client, body) : undefined;
    this.counts[word === undefined ? 'failed' : word.action === 'allow' ? 'passed' : 'blocked'] += 1;
    return word;
  }

  /** Why requests are not looked at, as last seen. */
  concerns(): readonly Concern[] {
    if (this.#isRefused)
      return [{ level: 'fail', seen: 'AppSec refuses the key (401): no request is looked at', fix: keyFix }];
    if (this.#lastFault === undefined) return [];
    return [{ level: 'warn', seen: `AppSec gives no answer: ${this.#lastFault}`, fix: placeFix }];
  }

  async #word(asked: Asked, client: Network, body: Buffer): Promise<AppsecWord | undefined> {
    const { key } = this.#options;
    try {
      let answer = await this.#exchange(asked, client, body);
      if (answer.status === 401 && key.refresh()) answer = await this.#exchange(asked, client, body);
      const word = answer.status === 401 ? undefined : wordOf(answer.text);
      if (answer.status === 401) {
        this.#breaker.refused();
        this.#tellRefused();
      } else {
        this.#breaker.answered();
        this.#isRefused = false;
        if (word === undefined) this.#tell(`its answer has status ${answer.status}`);
        else this.#lastFault = undefined;
      }
      return word;
    } catch (error) {
      if (error instanceof Late) this.#breaker.late();
      else this.#breaker.answered();
      this.#tell(messageOf(error));
      return undefined;
    }
  }

  async #exchange(asked: Asked, client: Network, body: Buffer): Promise<{ status: number; text: string }> {
    const { key, timeoutMs } = this.#options;
    const headers = questionHeaders(asked, client, key.value(), body.length);
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const call = this.#open(headers, body.length > 0 ? 'POST' : 'GET');
      try {
        return await answerOf(call, body, deadline - performance.now());
      } catch (error) {
        // A kept connection that AppSec has closed meanwhile says nothing of AppSec.
        if (!call.reusedSocket || error instanceof Late) throw error;
      }
    }
  }

  #tellRefused(): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    this.#options.log.error({ hint: keyFix }, 'AppSec refuses the key (401): no request is looked at');
  }

  #tell(fault: string): void {
    this.#lastFault = fault;
    const now = this.#options.clock.now();
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    this.#options.log.warn({ fault, hint: placeFix }, 'AppSec gives no answer: the failure action counts');
  }
}

const keyFix = 'CROWDSEC_BOUNCER_API_KEY must be the key of a bouncer at the LAPI that AppSec belongs to';
const placeFix =
  'CROWDSEC_APPSEC_URL must be where CrowdSec listens for AppSec; CROWDSEC_APPSEC_TIMEOUT is for one answer';

/** Nothing came in time. */
class Late extends Error {}

function answerOf(call: ClientRequest, body: Buffer, timeoutMs: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const giveUp = (error: Error): void => {
      reject(error);
      call.destroy();
    };
    const timer = setTimeout(
      () => {
        giveUp(new Late('no answer in time'));
      },
      Math.max(1, timeoutMs),
    );
    call.on('close', () => {
      clearTimeout(timer);
      reject(new Error('it closed the connection'));
    });
    call.on('error', reject).on('response', (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > MAX_ANSWER) giveUp(new Error('its answer is too long'));
      });
      response.on('error', reject).on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    call.end(body);
  });
}

/** Strictly as AppSec answers; undefined for anything else. What it says beside `allow` and `captcha` is a ban. @internal */
export function wordOf(text: string): AppsecWord | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null || !('action' in answer)) return undefined;
    const { action } = answer;
    if (typeof action !== 'string' || action === '') return undefined;
    const status = 'http_status' in answer ? Number(answer.http_status) : 0;
    // For the proxy that asks, anything below 300 would let the visitor in.
    const isRefusal = Number.isInteger(status) && status >= 300 && status <= 599 && status !== 304;
    const known = action === 'allow' || action === 'captcha' ? action : 'ban';
    return { action: known, status: isRefusal ? status : 403 };
  } catch {
    return undefined;
  }
}
