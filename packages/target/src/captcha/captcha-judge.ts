import { hintOf, messageOf, type Clock } from '@bouncer/stream';
import type { Logger } from '../logger.ts';
import { Attempts } from './attempts.ts';
import type { Captcha } from './captcha-settings.ts';
import { isAboutSecret, verifyAnswer } from './verify-answer.ts';

const ATTEMPTS_A_MINUTE = 10;
/** Questions to the provider at a time. */
const MAX_AT_ONCE = 32;
const WARN_EVERY_MS = 60_000;

/** What became of an answer: only `solved` lets anybody in. `busy`: too often, or too many. `away`: no word from the provider. */
export type CaptchaVerdict = 'solved' | 'unsolved' | 'busy' | 'away';

/** Has answers verified by the provider, so many at a time and for one address, and tells of what keeps everybody out. */
export class CaptchaJudge {
  readonly #captcha: Captcha;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #attempts: Attempts;
  #asking = 0;
  #warnedAt = -Infinity;

  constructor(captcha: Captcha, clock: Clock, log: Logger, signal: AbortSignal) {
    this.#captcha = captcha;
    this.#clock = clock;
    this.#log = log;
    this.#signal = signal;
    this.#attempts = new Attempts(clock, ATTEMPTS_A_MINUTE);
  }

  /** Judges the token that the provider's box put into the form of this address. Never rejects. */
  async judge(token: string, client: string): Promise<CaptchaVerdict> {
    if (token === '') return 'unsolved';
    if (this.#asking >= MAX_AT_ONCE || !this.#attempts.take(client)) return 'busy';
    this.#asking += 1;
    try {
      if (!(await this.#isSolved(token, client))) return 'unsolved';
    } catch (error) {
      this.#warn(describeFailure(error), 'captchas cannot be verified: all of them stay unsolved');
      return 'away';
    } finally {
      this.#asking -= 1;
    }
    this.#log.info({ client }, 'captcha solved');
    return 'solved';
  }

  async #isSolved(response: string, remoteip: string): Promise<boolean> {
    const { verifyUrl, secret } = this.#captcha;
    const ask = () => verifyAnswer(verifyUrl, { secret: secret.value(), response, remoteip }, this.#signal);
    let verdict = await ask();
    if (!verdict.success && isAboutSecret(verdict)) {
      if (secret.refresh()) verdict = await ask();
      else this.#warn({ codes: verdict.codes }, 'the captcha provider refuses CAPTCHA_SECRET_KEY: nobody can pass');
    }
    return verdict.success;
  }

  #warn(fields: Record<string, unknown>, message: string): void {
    if (this.#clock.now() - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = this.#clock.now();
    this.#log.warn(fields, message);
  }
}

function describeFailure(error: unknown): { error: string; hint: string } {
  return { error: messageOf(error), hint: hintOf(error) };
}
