import type { IncomingMessage } from 'node:http';
import type { Clock, Network } from '@bouncer/stream';
import type { AppsecClient } from '../appsec/appsec-client.ts';
import type { Asked } from '../appsec/question.ts';
import type { CaptchaGate, Solved } from '../captcha/captcha-gate.ts';
import { askedOf, bodyOf } from './asked.ts';

/** Who was asked for a captcha by AppSec may send its form for so long. Milliseconds. */
const CHALLENGE_MS = 10 * 60_000;
const MAX_CHALLENGED = 10_000;

/** What becomes of a request that the list does not ban. */
export type Admission =
  | { readonly kind: 'pass' }
  | { readonly kind: 'ban'; readonly status?: number }
  | { readonly kind: 'captcha'; readonly page: string; readonly by: 'list' | 'appsec' }
  | ({ readonly kind: 'solved' } & Solved);

export interface GateOptions {
  readonly appsec?: AppsecClient | undefined;
  readonly captcha?: CaptchaGate | undefined;
  /** What becomes of requests that AppSec does not answer. */
  readonly failureAction: 'passthrough' | 'deny';
  /** Bytes of a body that AppSec is sent. */
  readonly bodyLimit: number;
  /** Who is never refused. */
  readonly isAllowed: (client: Network) => boolean;
  readonly clock: Clock;
}

/** What is behind the list: the captcha for those whom the list asks for one, then AppSec for every request. */
export class Gate {
  readonly #options: GateOptions;
  /** Whom AppSec has asked for a captcha, and until when their form is taken. */
  readonly #challenged = new Map<Network, number>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** `mustSolve`: the list asks this client for a captcha. Rejects when the proxy goes away. */
  async admit(request: IncomingMessage, client: Network, mustSolve: boolean): Promise<Admission> {
    const asked = askedOf(request);
    const { captcha } = this.#options;
    const hasPass = captcha?.hasPass(request, asked, client) === true;
    if (captcha && (mustSolve || this.#isChallenged(client))) {
      if (captcha.isForm(asked)) {
        const solved = hasPass ? captcha.back(asked) : await captcha.solve(asked, client);
        return solved ? { kind: 'solved', ...solved } : { kind: 'captcha', page: captcha.page(asked), by: 'list' };
      }
      if (mustSolve && !hasPass) return { kind: 'captcha', page: captcha.page(asked), by: 'list' };
    }
    return this.#inspect(request, asked, client, hasPass);
  }

  async #inspect(request: IncomingMessage, asked: Asked, client: Network, hasPass: boolean): Promise<Admission> {
    const { appsec, captcha, failureAction, bodyLimit, isAllowed } = this.#options;
    if (!appsec || isAllowed(client)) return pass;
    const word = await appsec.ask(asked, client, await bodyOf(request, bodyLimit));
    if (word === undefined) return failureAction === 'deny' ? { kind: 'ban' } : pass;
    if (word.action === 'allow' || (word.action === 'captcha' && hasPass)) return pass;
    if (word.action === 'ban' || !captcha) return { kind: 'ban', status: word.status };
    this.#challenge(client);
    return { kind: 'captcha', page: captcha.page(asked), by: 'appsec' };
  }

  #isChallenged(client: Network): boolean {
    return (this.#challenged.get(client) ?? -Infinity) > this.#options.clock.now();
  }

  #challenge(client: Network): void {
    this.#challenged.delete(client);
    this.#challenged.set(client, this.#options.clock.now() + CHALLENGE_MS);
    if (this.#challenged.size <= MAX_CHALLENGED) return;
    const [oldest] = this.#challenged.keys();
    if (oldest !== undefined) this.#challenged.delete(oldest);
  }
}

const pass: Admission = { kind: 'pass' };
