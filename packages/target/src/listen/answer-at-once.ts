import type { Http2SecureServer, Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';

/** What is known of a request before anything is built around it. */
export interface BareRequest {
  readonly url?: string | undefined;
  /** Names and values in turns, as they came; over HTTP/2 with those that begin with a colon. */
  readonly rawHeaders: readonly string[];
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** The status of an answer that is nothing but a status, or undefined when it takes more than that. */
export type AtOnce = (request: BareRequest) => number | undefined;

/** Of the frame with the headers: nothing follows it. */
const END_STREAM = 1;

/**
 * Lets requests of HTTP/2 be answered from their headers alone. A request and an answer that look like those of HTTP/1 are
 * built around a stream by Node, which costs more than the verdict: only those get them that `atOnce` has no status for.
 * To be called once the server has its handler.
 */
export function answerAtOnce(server: Http2SecureServer, atOnce: AtOnce): void {
  // Node's own listener, which came with that of the handler.
  const build = server.listeners('stream') as OnStream[];
  const peers = new WeakMap<Http2Session, BareRequest['socket']>();
  server.removeAllListeners('stream');
  server.on('stream', ((stream, headers, flags, rawHeaders) => {
    const { session, closed } = stream;
    // A stream that its client has closed by now throws when it is answered; Node's own way knows about that.
    const isOpen = session !== undefined && !closed;
    const isBare = isOpen && (flags & END_STREAM) !== 0 && headers.expect === undefined;
    const status = isBare ? atOnce({ url: headers[':path'], rawHeaders, socket: peerOf(session) }) : undefined;
    if (status === undefined) {
      for (const listener of build) Reflect.apply(listener, server, [stream, headers, flags, rawHeaders]);
      return;
    }
    // An answer that cannot be sent is an error of its stream, which would end the process if nobody listened.
    stream.on('error', ignore);
    stream.respond({ ':status': status }, answerOptions);
  }) satisfies OnStream);

  /** A look at the socket of a session is dear, and its far end stays the same. */
  function peerOf(session: Http2Session): BareRequest['socket'] {
    const known = peers.get(session);
    if (known) return known;
    const { remoteAddress } = session.socket;
    const peer = { remoteAddress };
    if (remoteAddress !== undefined) peers.set(session, peer);
    return peer;
  }
}

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: string[]) => void;

/** No date: nobody keeps an answer of one status. */
const answerOptions = { endStream: true, sendDate: false };

function ignore(): void {
  // Nothing to do.
}
