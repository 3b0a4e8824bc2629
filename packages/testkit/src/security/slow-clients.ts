import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ListenLimits } from '@bouncer/target';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerTo, until } from '@bouncer/sandbox';

/** Where a server in this process listens: `{ host, port }`, or `{ path }` of a socket. */
export interface LimitedServer {
  readonly place: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly isTls?: boolean;
}

export interface SlowClients {
  readonly name: string;
  /** Starts it; it ends with the test. */
  open(limits: Partial<ListenLimits>): Promise<LimitedServer>;
  /** What it is there for, and the status of a good answer. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** Where a body is read to its end, if anywhere. */
  readonly bodyPath?: string;
  /** True when that answer is larger than all buffers between two processes. */
  readonly isLarge?: boolean;
  /** False when it closes each connection after its answer. */
  readonly keepsAlive?: boolean;
}

/** So long that no test sees it, in milliseconds. */
const never = 600_000;
const patient: Partial<ListenLimits> = { request: never, idle: never, stalled: never };

/** Clients that are slow, silent or many are thrown out, and keep nothing from others. */
export function slowClientSuite(suite: SlowClients): void {
  const { name, status, path, headers = {}, bodyPath = path, isLarge = false, keepsAlive = true } = suite;
  const lines = Object.entries({ Host: 'a', ...headers }).map(([key, value]) => `${key}: ${value}\r\n`);
  const request = `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  const post = `POST ${bodyPath} HTTP/1.1\r\n${lines.join('')}Content-Length: 4000\r\n\r\n`;

  async function start(limits: Partial<ListenLimits>) {
    const accepted = acceptedSockets();
    const server = await suite.open({ ...patient, ...limits });
    /** Asks as everybody does, on a connection of its own. */
    const ask = async (): Promise<number | undefined> => {
      const { place, isTls } = server;
      const where = 'path' in place ? { socketPath: place.path } : place;
      const send = isTls === true ? tlsRequest : plainRequest;
      const call = send({ ...where, path, headers, agent: false, rejectUnauthorized: false }).end();
      const answer = await answerTo(call);
      answer.resume();
      await once(answer, 'end');
      return answer.statusCode;
    };
    const join = async (): Promise<Socket> => {
      const socket = connect(server.place).on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    const speak = async (): Promise<Socket> => {
      const raw = await join();
      if (server.isTls !== true) return raw;
      const socket = connectTls({ socket: raw, rejectUnauthorized: false }).on('error', () => undefined);
      await once(socket, 'secureConnect');
      return socket;
    };
    return {
      join,
      speak,
      ask,
      come: () => accepted.length,
      held: () => accepted.filter(({ destroyed }) => !destroyed),
    };
  }

  /** Resolves once the server has hung up. */
  async function hungUp(socket: Socket): Promise<void> {
    socket.resume();
    // A reset is as good an end as any; `once` would take it for a failure.
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  }

  describe(`${name}: slow clients`, () => {
    it('who say nothing are thrown out', async () => {
      const { join, ask } = await start({ request: 100 });
      await hungUp(await join());
      expect(await ask()).toBe(status);
    });

    it.each([
      ['headers', 'GET / HTTP/1.1\r\nHost: a\r\nX: '],
      ['a body', post],
    ])('who send %s byte by byte are thrown out, and others are answered meanwhile', async (_, head) => {
      const { speak, ask } = await start({ request: 3000, idle: 2000 });
      const socket = await speak();
      socket.write(head);
      const drip = setInterval(() => socket.writable && socket.write('x'), 10);
      onTestFinished(() => {
        clearInterval(drip);
      });
      expect(await ask()).toBe(status);
      await hungUp(socket);
    });

    it('who are hundreds and silent keep no place from who has something to ask', async () => {
      const { join, ask, held } = await start({ connections: 8 });
      const crowd = await Promise.all(Array.from({ length: 300 }, join));
      expect(await ask()).toBe(status);
      await until('all but eight are gone', () => held().length <= 8);
      expect(crowd.filter(({ closed }) => !closed).length).toBeGreaterThan(0);
      expect(await ask()).toBe(status);
    });

    if (keepsAlive) {
      it('who have had their answer and ask nothing more are thrown out', async () => {
        const { speak } = await start({ idle: 50 });
        const socket = await speak();
        socket.write(request);
        await hungUp(socket);
      });

      it('who are silent go before those who have asked, however long ago these came', async () => {
        const { join, speak, ask, held } = await start({ connections: 4 });
        const known = await speak();
        known.write(request);
        await once(known, 'data');
        known.resume();
        const crowd = await Promise.all(Array.from({ length: 20 }, join));
        expect(await ask()).toBe(status);
        await until('there is room again', () => held().length <= 4);
        expect([known.closed, crowd.some(({ closed }) => closed)]).toEqual([false, true]);
      });
    }

    if (!isLarge) return;
    it('who do not read their answer are thrown out, and keep no place', async () => {
      const { speak, ask, come, held } = await start({ stalled: 300, connections: 4 });
      for (let index = 0; index < 4; index += 1) {
        const socket = await speak();
        socket.pause().write(request);
      }
      // The first may be gone before the last has come.
      await until('all have come', () => come() >= 4);
      expect(await ask()).toBe(status);
      await until('all are gone', () => held().length === 0);
    });
  });
}

/** The server's ends of all connections that come from now on, in this process. @internal */
export function acceptedSockets(): Socket[] {
  const sockets: Socket[] = [];
  const note = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
  subscribe('net.server.socket', note);
  onTestFinished(() => void unsubscribe('net.server.socket', note));
  return sockets;
}
