import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';

/** All connections of a server. */
export interface Connections {
  endAll(): void;
}

/** One connection, and the last answer on it. */
interface Place {
  readonly socket: Socket;
  answer?: Pick<ServerResponse, 'writableFinished'>;
}

/**
 * Keeps a server open for whoever comes next: with more than `most` connections the oldest one ends of those that have not
 * asked anything yet, else of those between two requests, else of those that are being answered. A limit that refuses the
 * newcomer would let the silent keep out the one who has something to ask.
 *
 * A request costs one look into a table: this stands before tens of thousands of them a second.
 */
export function makeRoom(server: Server, max: number): Connections {
  // A Set keeps the order in which it was filled.
  const places = new Set<Place>();
  const bySocket = new WeakMap<Socket, Place>();
  /** By the far end, since a request over TLS has another socket than its connection. */
  const byPeer = new Map<string, Place>();

  server.on('connection', (socket: Socket) => {
    const place: Place = { socket };
    const peer = peerOf(socket);
    places.add(place);
    bySocket.set(socket, place);
    if (peer !== undefined) byPeer.set(peer, place);
    socket.once('close', () => {
      places.delete(place);
      if (peer !== undefined && byPeer.get(peer) === place) byPeer.delete(peer);
    });
    if (places.size <= max) return;
    const oldest = connectionToEvict(places, place);
    if (!oldest) return;
    places.delete(oldest);
    oldest.socket.destroy();
  });

  // One of HTTP/2 has many requests at once: it counts as busy as long as it lives.
  server.on('session', ({ socket }: { socket: Socket }) => {
    const place = byPeer.get(peerOf(socket) ?? '');
    if (place) place.answer = { writableFinished: false };
  });

  server.on('request', (request: IncomingMessage, answer: ServerResponse) => {
    if (request.httpVersionMajor >= 2) return;
    const { socket } = request;
    let place = bySocket.get(socket);
    if (!place) {
      place = byPeer.get(peerOf(socket) ?? '');
      if (place) bySocket.set(socket, place);
    }
    if (place) place.answer = answer;
  });

  return {
    endAll() {
      for (const { socket } of places) socket.destroy();
    },
  };
}

function connectionToEvict(places: ReadonlySet<Place>, newcomer: Place): Place | undefined {
  const others = [...places].filter((place) => place !== newcomer);
  const silent = others.find(({ answer }) => answer === undefined);
  const idle = (): Place | undefined => others.find(({ answer }) => answer?.writableFinished === true);
  return silent ?? idle() ?? others[0];
}

/** Address and port of the far end; the other end of a socket in the file system has none. */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress ?? ''} ${remotePort}`;
}
