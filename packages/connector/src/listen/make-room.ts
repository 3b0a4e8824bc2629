import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** All connections of a server. */
export interface Connections {
  endAll(): void;
}

/**
 * Keeps a server open for whoever comes next: with more than `most` connections the oldest one ends of those that have not
 * asked anything yet, else of those between two requests, else of those that are being answered. A limit that refuses the
 * newcomer would let the silent keep out the one who has something to ask.
 */
export function makeRoom(server: Server, most: number): Connections {
  // A Set keeps the order in which it was filled.
  const [silent, idle, busy] = [new Set<Socket>(), new Set<Socket>(), new Set<Socket>()];
  const all = [silent, idle, busy];
  /** By the far end, since a request over TLS has another socket than its connection. */
  const byPeer = new Map<string, Socket>();

  function move(socket: Socket, to?: Set<Socket>): void {
    for (const places of all) places.delete(socket);
    to?.add(socket);
  }

  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    if (peer !== undefined) byPeer.set(peer, socket);
    silent.add(socket);
    socket.once('close', () => {
      move(socket);
      if (peer !== undefined) byPeer.delete(peer);
    });
    if (silent.size + idle.size + busy.size <= most) return;
    const oldest = [...silent, ...idle, ...busy].find((other) => other !== socket);
    if (!oldest) return;
    move(oldest);
    oldest.destroy();
  });

  server.on('request', ({ socket }, response) => {
    const own = byPeer.get(peerOf(socket) ?? '') ?? socket;
    move(own, busy);
    response.once('close', () => {
      if (busy.has(own)) move(own, idle);
    });
  });

  return {
    endAll() {
      for (const socket of all.flatMap((places) => [...places])) socket.destroy();
    },
  };
}

/** Address and port of the far end; the other end of a socket in the file system has none. */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress ?? ''} ${remotePort}`;
}
