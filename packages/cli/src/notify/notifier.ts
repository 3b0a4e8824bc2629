import { backoff, messageOf, type Clock } from '@bouncer/stream';
import type { ControllerStatus } from '@bouncer/engine';
import type { Logger } from '@bouncer/target';
import { verdict } from '../web/verdict.ts';
import { briefly, verdictWords, type Notice } from './notice.ts';
import type { Send } from './send.ts';
import { SustainedVerdict, type VerdictChange } from './sustained-verdict.ts';

/** What is watched, and how it is told. */
export interface NotifierOptions {
  readonly type: string;
  readonly version: string;
  readonly status: () => ControllerStatus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly send: Send;
  /** NOTIFY_AFTER, in seconds. */
  readonly after: number;
  /** NOTIFY_DETAILS: the page's reasons instead of our own brief words. */
  readonly details: boolean;
  /** Hides known secrets in a text. */
  readonly hide: (text: string) => string;
  readonly signal: AbortSignal;
  /** Default Math.random. */
  readonly random?: () => number;
}

/** Between two looks at the verdict, in milliseconds, at most. */
const lookMs = 5000;
/** So many messages within so many milliseconds: nobody reads the hundredth. */
const mostMessages = 6;
const limitMs = 3600_000;
/** Longest wait after failures, in milliseconds. */
const maxBackoffMs = 600_000;

/** Watches the verdict and tells of its changes until the signal is aborted. Never rejects; a receiver that is away disturbs nothing. */
export async function startNotifier(options: NotifierOptions): Promise<void> {
  const { clock, signal, log } = options;
  const watch = new SustainedVerdict(options.after * 1000);
  const outbox = new Outbox(options);
  try {
    for (;;) {
      await clock.sleep(Math.min(lookMs, options.after * 500), signal);
      const now = clock.wall();
      const status = options.status();
      const protection = verdict(status, now);
      const change = watch.see(protection.verdict, clock.now());
      if (change) {
        const lines = options.details ? protection.reasons.map(options.hide) : briefly(status);
        outbox.put(noticeOf(options, change, lines));
      }
      outbox.turn();
    }
  } catch (error) {
    if (!signal.aborted) log.warn({ error: messageOf(error) }, 'nobody is told of the verdict any more');
  }
}

function noticeOf({ type, version, clock }: NotifierOptions, change: VerdictChange, lines: readonly string[]): Notice {
  const { verdict: now, before } = change;
  const at = clock.wall();
  const again = now === 'protecting' ? ' again' : '';
  return {
    isTest: false,
    type,
    version,
    verdict: now,
    before,
    since: at - (clock.now() - change.since),
    at,
    title: `${type}: ${verdictWords[now]}${again}`,
    lines: lines.length === 0 ? [`It was ${verdictWords[before]} before.`] : lines,
  };
}

/** The last message that is still to be sent: an older one that never arrived is no news any more. */
class Outbox {
  readonly #options: NotifierOptions;
  #waiting: Notice | undefined;
  #isSending = false;
  #failures = 0;
  /** When the next try may be made, on the monotonic clock. */
  #notBefore = 0;
  /** When each of the last messages was taken. */
  #sent: number[] = [];

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  put(notice: Notice): void {
    this.#waiting = notice;
  }

  /** Begins to send what is due. */
  turn(): void {
    const now = this.#options.clock.now();
    const notice = this.#waiting;
    if (!notice || this.#isSending || now < this.#notBefore || !this.#hasRoom(now)) return;
    this.#isSending = true;
    void this.#try(notice).finally(() => {
      this.#isSending = false;
    });
  }

  #hasRoom(now: number): boolean {
    this.#sent = this.#sent.filter((at) => now - at < limitMs);
    return this.#sent.length < mostMessages;
  }

  async #try(notice: Notice): Promise<void> {
    const { clock, log, send, signal, hide, random = Math.random } = this.#options;
    try {
      await send(notice, signal);
      this.#failures = 0;
      this.#sent.push(clock.now());
      if (this.#waiting === notice) this.#waiting = undefined;
      log.info({ verdict: notice.verdict }, 'the webhook was told of the verdict');
    } catch (error) {
      if (signal.aborted) return;
      this.#failures += 1;
      this.#notBefore = clock.now() + backoff(this.#failures, random(), maxBackoffMs);
      log.warn({ error: hide(messageOf(error)) }, 'the webhook was not told of the verdict; it is tried again');
    }
  }
}
