import type { RequestKind } from './request-log.ts';

interface FaultTarget {
  /** Requests that it strikes; default the stream only. */
  readonly on?: readonly RequestKind[];
}

/**
 * One thing that goes wrong. `reached` faults happen on the way back: LAPI has answered, so last_pull has moved and what
 * the answer held is lost for good. Without it the request never got to LAPI.
 */
export type LapiFault = FaultTarget &
  (
    | {
        /** Someone in front answers instead: a gateway's 502 page, a 401, a login page with 200, nothing at all. */
        readonly kind: 'answer';
        readonly status: number;
        readonly body?: string;
        readonly contentType?: string;
        readonly headers?: Readonly<Record<string, string>>;
        readonly reached?: boolean;
      }
    | {
        /** The connection is cut. `share` (0 to 1, default 0.5) of the body is sent before, when `at` is `body`. */
        readonly kind: 'drop';
        readonly at: 'request' | 'headers' | 'body';
        readonly share?: number;
        readonly reached?: boolean;
      }
    | {
        /** The body ends early but in good order, so that only a look at the JSON can tell. */
        readonly kind: 'truncate';
        readonly share?: number;
      }
    | {
        /**
         * A database error of 1.7.8: status 200 and sound JSON that lacks most rows. last_pull does not move. On
         * `decisions` it is the 500 that a real one gives there (1.7.8 on PostgreSQL with a statement_timeout).
         */
        readonly kind: 'partial';
        readonly keep: number;
      }
    | {
        /** Nothing more comes, until the client or `close` ends it. */
        readonly kind: 'hang';
        readonly at: 'request' | 'headers' | 'body';
        readonly reached?: boolean;
      }
    | {
        /** The whole answer comes, but `milliseconds` (of the injected clock) late. */
        readonly kind: 'delay';
        readonly milliseconds: number;
      }
    | {
        /** The body drips: `pieces` of it, `milliseconds` (of the injected clock) apart. */
        readonly kind: 'slow';
        readonly pieces: number;
        readonly milliseconds: number;
      }
    | {
        /** The race of a real LAPI: the first `count` new rows of a delta were committed too late and are in no delta. */
        readonly kind: 'lose-new';
        readonly count: number;
      }
  );

/** The HTML that a gateway puts in place of an answer. */
export function gatewayPage(status: 401 | 502 | 503 | 504): LapiFault {
  return {
    kind: 'answer',
    status,
    contentType: 'text/html',
    body: `<html>\r\n<head><title>${status}</title></head>\r\n<body><center><h1>${status}</h1></center><hr></body>\r\n</html>\r\n`,
  };
}

/** A LAPI 1.7.8 whose database fails: pulls are 200 with so many rows, `GET /v1/decisions` is a 500. */
export function databaseFault(keep = 0): LapiFault {
  return { kind: 'partial', keep, on: ['stream', 'decisions'] };
}

/** A redirect to another address, as a proxy without the prefix gives it. */
export function redirectTo(location: string, status: 301 | 302 | 307 | 308 = 302): LapiFault {
  return { kind: 'answer', status, headers: { location }, body: '' };
}

/** What goes wrong with which requests: a script for the next ones, and one standing fault behind it. */
export class FaultScript {
  readonly #next: (LapiFault | undefined)[] = [];
  #standing: LapiFault | undefined;

  /** Queues faults for the next requests, one each; undefined lets one stream request pass unharmed. */
  next(...faults: readonly (LapiFault | undefined)[]): void {
    this.#next.push(...faults);
  }

  /** Strikes every request from now on, once the script is through. */
  always(fault: LapiFault): void {
    this.#standing = fault;
  }

  /** Ends all faults. */
  clear(): void {
    this.#next.length = 0;
    this.#standing = undefined;
  }

  /** Faults queued and not yet struck. */
  get pending(): number {
    return this.#next.length;
  }

  /** The fault for a request of this kind, taken off the script. */
  take(kind: RequestKind): LapiFault | undefined {
    const index = this.#next.findIndex((fault) => strikes(fault, kind));
    if (index !== -1) return this.#next.splice(index, 1)[0];
    return this.#standing && strikes(this.#standing, kind) ? this.#standing : undefined;
  }
}

function strikes(fault: LapiFault | undefined, kind: RequestKind): boolean {
  return (fault?.on ?? ['stream']).includes(kind);
}
