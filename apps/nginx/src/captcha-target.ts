import type { Logger } from '@bouncer/target';
import { hintOf, messageOf, type Clock } from '@bouncer/stream';
import { NginxTarget } from './nginx-target.ts';
import type { NginxTargetOptions } from './nginx-target.ts';
import type { CaptchaOptions } from './captcha/captcha-config.ts';
import { captchaHandler } from './captcha/captcha-handler.ts';
import { listenForCaptchas } from './captcha/captcha-server.ts';

export interface CaptchaTargetOptions extends NginxTargetOptions {
  readonly captcha: CaptchaOptions;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The files of lua mode, and somebody to ask whether a captcha was solved. */
export class CaptchaTarget extends NginxTarget {
  readonly #options: CaptchaTargetOptions;

  constructor(options: CaptchaTargetOptions) {
    super(options);
    this.#options = options;
  }

  /** Bans need none of it, so it must not end the connector when it cannot listen. */
  override async start(signal: AbortSignal): Promise<void> {
    await super.start(signal);
    const { captcha, clock, log } = this.#options;
    try {
      await listenForCaptchas(captcha.listen, captchaHandler(captcha, clock, log, signal), signal);
      log.info({ listen: captcha.listen }, 'captchas can be solved');
    } catch (error) {
      log.error({ error: messageOf(error), hint: hintOf(error) }, 'captchas cannot be solved: their visitors stay out');
    }
  }
}
