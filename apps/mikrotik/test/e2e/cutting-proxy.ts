import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';

/** A TCP proxy in front of LAPI that cuts answers on demand, after so many bytes. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts the next connection that gets an answer after `bytes` of it. */
  cutNext(bytes: number): void;
  /** While down, connections are refused. */
  setDown(down: boolean): void;
}

/** Starts a proxy on loopback in front of `port`. */
export async function startCuttingProxy(port: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let cut: number | undefined;
  let isDown = false;

  function serve(client: Socket): void {
    if (isDown) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(port, '127.0.0.1');
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (data) => server.write(data));
    server.on('data', (data: Buffer) => {
      if (cut === undefined) {
        client.write(data);
        return;
      }
      const sent = data.subarray(0, cut);
      cut = undefined;
      client.write(sent, () => client.resetAndDestroy());
    });
  }

  const listener = createServer(serve).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cutNext(bytes) {
      cut = bytes;
    },
    setDown(down) {
      isDown = down;
      if (down) for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
