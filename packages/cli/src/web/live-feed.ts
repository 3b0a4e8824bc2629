import type { ServerResponse } from 'node:http';
import type { PageStatus } from '@bouncer/status-page';
import type { Clock } from '@bouncer/stream';
import type { RecentChanges } from './recent-changes.ts';
import { safeHeaders } from './reply.ts';

/** What a feed tells of. */
export interface LiveFeedOptions {
  readonly clock: Clock;
  /** The state now; asked once a beat for all who listen, and never while nobody does. */
  readonly status: () => Promise<PageStatus>;
  readonly changes: RecentChanges;
}

/** Somebody who listens. Nothing is queued for them: each beat sends what is new since the last one that they took. */
interface Listener {
  readonly response: ServerResponse;
  /** The status that they have, `now` aside. */
  status: string;
  /** Changes told so far. */
  changes: number;
  /** Monotonic milliseconds. */
  wroteAt: number;
}

/** Between two beats, in milliseconds. */
const beatMs = 1000;
/** An event that says nothing else, in milliseconds: the page calls a connector that is silent for 15 s not protecting. */
const heartbeatMs = 5000;
/** Listeners at once; a browser tab is one. */
const maxListeners = 16;

/**
 * Server-sent events: `status` when it changed, `changes` with what happened. Runs only while somebody listens. A listener
 * who is slow is passed over until what was written is gone, and then gets the newest state: memory stays bounded.
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #listeners = new Set<Listener>();
  #running: AbortController | undefined;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  /** Takes a listener in, or answers 503 when there are too many. */
  open(response: ServerResponse): void {
    if (this.#listeners.size >= maxListeners) {
      response.writeHead(503, { ...safeHeaders, 'content-type': 'text/plain', 'retry-after': '30' });
      response.end('too many listeners\n');
      return;
    }
    const { changes, clock } = this.#options;
    const listener = { response, status: '', changes: changes.count, wroteAt: clock.now() };
    response.writeHead(200, { ...safeHeaders, 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('retry: 2000\n\n');
    this.#listeners.add(listener);
    response.on('close', () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    });
    if (!this.#running) void this.#run((this.#running = new AbortController()).signal);
  }

  /** Ends all connections at once. */
  close(): void {
    this.#stop();
    for (const { response } of this.#listeners) response.destroy();
    this.#listeners.clear();
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      await this.#tellAll();
      await clock.sleep(beatMs, signal).catch(() => undefined);
    }
  }

  async #tellAll(): Promise<void> {
    const status = await this.#options.status();
    const text = JSON.stringify({ ...status, now: 0 });
    for (const listener of this.#listeners) this.#tell(listener, text, status.now);
  }

  #tell(listener: Listener, status: string, now: number): void {
    const { changes, clock } = this.#options;
    const { response } = listener;
    // What they did not take yet lies with the kernel and with Node; more would only pile up.
    if (response.destroyed || response.writableNeedDrain) return;
    let text = '';
    if (listener.status !== status) {
      listener.status = status;
      text += event('status', `{"now":${now},"status":${status}}`);
    }
    if (listener.changes < changes.count) {
      // As many as are kept; the rest is only counted.
      text += event('changes', JSON.stringify(changes.since(listener.changes)));
      listener.changes = changes.count;
    }
    if (text === '' && clock.now() - listener.wroteAt >= heartbeatMs) text = event('beat', '0');
    if (text === '') return;
    listener.wroteAt = clock.now();
    response.write(text);
  }
}

/** JSON has no bare line breaks, so that one line of data is always enough. */
function event(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}
