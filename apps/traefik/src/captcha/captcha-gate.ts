import type { IncomingMessage } from 'node:http';
import type { Clock, Network } from '@bouncer/stream';
import type { Logger } from '@bouncer/target';
import {
  captchaPage,
  CaptchaJudge,
  hostOf,
  PASS_COOKIE,
  passCookie,
  Passes,
  returnPath,
  siteOf,
  type Captcha,
  type CaptchaPage,
} from '@bouncer/target/captcha';
import type { Asked } from '../appsec/question.ts';

/** In the query of every form; its path is that of its page, since only that is protected for certain. */
const MARK = 'crowdsec-captcha';
const MAX_PATH = 2000;
/** A browser sends one; others are for those who try. */
const MAX_COOKIES = 8;
/** Characters of a token; none is longer than some 8,000. */
const MAX_TOKEN = 16_384;

/** Where a visitor is sent who has solved it. */
export interface Solved {
  readonly location: string;
  /** Missing where the visitor has a pass already. */
  readonly cookie?: string;
}

/**
 * Shows the captcha through the proxy, and takes its form: by GET, since a proxy that asks hands on the path, and mostly no
 * body. Without a word from the provider nobody passes.
 */
export class CaptchaGate {
  readonly #captcha: Captcha;
  readonly #clock: Clock;
  readonly #passes: Passes;
  readonly #judge: CaptchaJudge;
  readonly #page: CaptchaPage;

  constructor(captcha: Captcha, clock: Clock, log: Logger, signal: AbortSignal) {
    this.#captcha = captcha;
    this.#clock = clock;
    this.#passes = new Passes(() => captcha.secret.value(), captcha.expiration);
    this.#judge = new CaptchaJudge(captcha, clock, log, signal);
    this.#page = captchaPage(captcha, { method: 'get', action: '' });
  }

  /** Whether this visitor has solved one lately, at this site. */
  hasPass({ headers }: IncomingMessage, { host }: Asked, client: Network): boolean {
    const named = hostOf(host);
    if (named === undefined) return false;
    const { site } = siteOf(named, this.#captcha.cookieDomain);
    const now = this.#clock.wall() / 1000;
    return passesIn(headers.cookie ?? '').some((pass) => this.#passes.check(pass, { address: client, site }, now) > 0);
  }

  /** Whether it is the form of the page that comes back. */
  isForm({ uri }: Asked): boolean {
    return uri.includes(`${MARK}=`) && formOf(uri).has(MARK);
  }

  /** Where the form of one leads who has a pass already. */
  back(asked: Asked): Solved {
    return { location: locationOf(asked, formOf(asked.uri).get('to')) };
  }

  /** Has the form verified; undefined when it is not solved, for whatever reason. Never rejects. */
  async solve(asked: Asked, client: Network): Promise<Solved | undefined> {
    const form = formOf(asked.uri);
    const named = hostOf(asked.host);
    const token = form.get(this.#captcha.field) ?? '';
    if (named === undefined || token.length > MAX_TOKEN) return undefined;
    if ((await this.#judge.judge(token, client)) !== 'solved') return undefined;
    const { site, domain } = siteOf(named, this.#captcha.cookieDomain);
    const pass = this.#passes.issue({ address: client, site }, this.#clock.wall() / 1000);
    return {
      location: locationOf(asked, form.get('to')),
      cookie: passCookie(pass, this.#captcha.expiration, asked.isTls, domain),
    };
  }

  /** The page for a visitor who has asked for this. */
  page(asked: Asked): string {
    const { method, uri } = asked;
    if (this.isForm(asked)) return this.#page(returnPath(formOf(uri).get('to')));
    const canComeBack = (method === 'GET' || method === 'HEAD') && uri.length <= MAX_PATH;
    return this.#page(canComeBack ? returnPath(uri) : '/');
  }
}

function formOf(uri: string): URLSearchParams {
  const query = uri.indexOf('?');
  return new URLSearchParams(query < 0 ? '' : uri.slice(query + 1));
}

/** Whole: a proxy would take a path alone for one of ours. The host is that of `hostOf`, or nobody would come here. */
function locationOf({ host, isTls }: Asked, to: string | null): string {
  return `${isTls ? 'https' : 'http'}://${host}${returnPath(to)}`;
}

function passesIn(cookies: string): readonly string[] {
  const name = `${PASS_COOKIE}=`;
  if (!cookies.includes(name)) return [];
  return cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie.startsWith(name))
    .slice(0, MAX_COOKIES)
    .map((cookie) => cookie.slice(name.length));
}
