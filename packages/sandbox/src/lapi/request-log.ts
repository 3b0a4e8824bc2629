import type { IncomingHttpHeaders } from 'node:http';

/** What a request is about. */
export type RequestKind = 'stream' | 'decisions' | 'usage-metrics' | 'health' | 'other';

/** One request as it came in, and how it ended. */
export interface LoggedRequest {
  readonly number: number;
  readonly kind: RequestKind;
  readonly method: string;
  /** As the client asked, with the prefix. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The stream's startup parameter as LAPI reads it: exactly `true`. */
  readonly startup: boolean;
  /** Name of the bouncer, when it was let in. */
  bouncer?: string;
  /** Status sent; absent when the connection was cut or hung before it. */
  status?: number;
  /** Decisions in the answer's `new` and `deleted`, or in the list. */
  rows?: { readonly added: number; readonly deleted: number };
  /** The answer's end has been handed to the system. */
  ended: boolean;
}

interface Waiter {
  readonly wanted: (request: LoggedRequest) => boolean;
  readonly resolve: (request: LoggedRequest) => void;
}

/** Every request since the start, and a way to wait for the next one without sleeping. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = [];
  readonly #waiters = new Set<Waiter>();

  /** All requests, oldest first. */
  get all(): readonly LoggedRequest[] {
    return this.#entries;
  }

  /** Pulls of the stream, oldest first. */
  get pulls(): readonly LoggedRequest[] {
    return this.#entries.filter((request) => request.kind === 'stream' && request.method === 'GET');
  }

  /** Resolves with the next request that ends (answered, cut or given up) from now on and is wanted. */
  next(wanted: (request: LoggedRequest) => boolean = () => true): Promise<LoggedRequest> {
    return new Promise((resolve) => this.#waiters.add({ wanted, resolve }));
  }

  /** Forgets what was logged. */
  clear(): void {
    this.#entries.length = 0;
  }

  /** Writes a request down. */
  open(request: Omit<LoggedRequest, 'number' | 'ended'>): LoggedRequest {
    const entry: LoggedRequest = { ...request, number: this.#entries.length + 1, ended: false };
    this.#entries.push(entry);
    return entry;
  }

  /** Wakes whoever waits for it. */
  end(request: LoggedRequest): void {
    if (request.ended) return;
    request.ended = true;
    for (const waiter of [...this.#waiters]) {
      if (!waiter.wanted(request)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(request);
    }
  }
}
