import { FileTarget, type Concern, type FileTargetOptions } from '@bouncer/target';
import type { StatusWatch } from './status/status-watch.ts';

export interface NginxTargetOptions extends FileTargetOptions {
  /** Given when NGINX tells of itself: NGINX_STATUS_URL. */
  readonly watch?: StatusWatch | undefined;
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

  constructor(options: NginxTargetOptions) {
    super(options);
    this.#watch = options.watch;
  }

  concerns(): readonly Concern[] {
    return this.#watch?.concerns ?? [unseen];
  }

  async start(signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    this.#watch?.run(signal).catch(() => undefined);
  }
}
