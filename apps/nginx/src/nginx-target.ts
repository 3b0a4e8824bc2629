import { FileTarget, type Capabilities, type Concern, type FileTargetOptions } from '@bouncer/target';
import type { AppsecAddress } from './appsec/appsec-address.ts';
import type { StatusWatch } from './status/status-watch.ts';

export interface NginxTargetOptions extends FileTargetOptions {
  /** Given when NGINX tells of itself: NGINX_STATUS_URL. */
  readonly watch?: StatusWatch | undefined;
  /** Given when NGINX is to ask AppSec. */
  readonly appsec?: AppsecAddress | undefined;
}

/** Without NGINX_STATUS_URL the files are all that is seen from here. */
const unseen: Concern = {
  level: 'unseen',
  seen: 'whether NGINX reads this list is not seen from here',
  fix: 'set NGINX_STATUS_URL, or run `check` where NGINX runs',
};

/** The files, and what NGINX says that it makes of them. */
export class NginxTarget extends FileTarget {
  readonly #watch: StatusWatch | undefined;
  readonly #appsec: AppsecAddress | undefined;

  constructor(options: NginxTargetOptions) {
    super(options);
    this.#watch = options.watch;
    this.#appsec = options.appsec;
  }

  override async open(signal: AbortSignal): Promise<Capabilities> {
    await this.#appsec?.look();
    return super.open(signal);
  }

  concerns(): readonly Concern[] {
    return this.#watch?.concerns ?? [unseen];
  }

  async start(signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    this.#watch?.run(signal).catch(() => undefined);
    this.#appsec?.run(signal).catch(() => undefined);
  }
}
