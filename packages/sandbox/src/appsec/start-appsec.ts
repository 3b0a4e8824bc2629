import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { systemClock } from '@bouncer/stream';
import { appsecAnswer, appsecRules } from './verdict.ts';
import type { AppsecAnswer, AppsecRequest, AppsecRule } from './verdict.ts';

/** How it is: as it should; silent; so many milliseconds late; cut off before any answer; or with an answer of its own. */
export type AppsecMood =
  'normal' | 'hang' | { readonly late: number } | 'cut' | { readonly status: number; readonly body: string };

/** How the stand-in is to be. */
export interface AppsecOptions {
  /** The key it knows. Default `appsec-key`. */
  readonly key?: string;
  /** Path of a unix socket instead of a port. */
  readonly socket?: string;
  /** Default: those of the hub that tests use. */
  readonly rules?: readonly AppsecRule[];
}

/** A stand-in for CrowdSec's AppSec, strict where the real one is: tested beside it. */
export interface AppsecSandbox extends AsyncDisposable {
  /** As CROWDSEC_APPSEC_URL wants it. */
  readonly url: string;
  readonly key: string;
  /** What it was asked, with the right key and in the words of the protocol, be it answered or not. */
  readonly requests: AppsecRequest[];
  /** What it has answered, whatever it was asked: one status for each. */
  readonly statuses: number[];
  /** Connections that were ever made to it. */
  readonly connections: number;
  mood: AppsecMood;
  /** Cuts every connection; from now on it is refused. */
  down(): Promise<void>;
  /** On the same port or socket again. */
  up(): Promise<void>;
}

/** Starts the stand-in, on loopback or on a socket. */
export async function startAppsec(options: AppsecOptions = {}): Promise<AppsecSandbox> {
  const { key = 'appsec-key', socket, rules = appsecRules } = options;
  const sockets = new Set<Socket>();
  let [port, connections] = [0, 0];
  let server: Server | undefined;

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const judged = appsecAnswer(request.headers, Buffer.concat(parts), key, rules);
    if (judged.request) sandbox.requests.push(judged.request);
    const { mood } = sandbox;
    if (mood === 'hang') return;
    if (mood === 'cut') {
      request.socket.destroy();
      return;
    }
    if (typeof mood === 'object' && 'late' in mood) await systemClock.sleep(mood.late, new AbortController().signal);
    const answer: AppsecAnswer = typeof mood === 'object' && 'status' in mood ? mood : judged.answer;
    sandbox.statuses.push(answer.status);
    const headers = { 'Content-Length': Buffer.byteLength(answer.body) };
    response.writeHead(answer.status, answer.body === '' ? headers : { ...headers, 'Content-Type': 'text/plain' });
    response.end(answer.body);
  }

  async function up(): Promise<void> {
    if (server) return;
    // Go keeps an idle connection for ever.
    server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
      reply(request, response).catch(() => response.destroy());
    });
    server.on('connection', (each: Socket) => {
      connections += 1;
      sockets.add(each);
      each.once('close', () => sockets.delete(each));
    });
    if (socket === undefined) server.listen(port, '127.0.0.1');
    else server.listen(socket);
    await once(server, 'listening');
    if (socket === undefined) ({ port } = server.address() as AddressInfo);
    // As the real one: whoever reaches it may ask.
    else chmodSync(socket, 0o777);
  }

  async function down(): Promise<void> {
    const ended = server;
    server = undefined;
    if (!ended) return;
    const closed = once(ended, 'close');
    ended.close();
    for (const each of sockets) each.destroy();
    await closed;
    if (socket !== undefined) rmSync(socket, { force: true });
  }

  const sandbox: AppsecSandbox = {
    get url() {
      return socket === undefined ? `http://127.0.0.1:${port}` : `unix://${socket}`;
    },
    get connections() {
      return connections;
    },
    key,
    requests: [],
    statuses: [],
    mood: 'normal',
    up,
    down,
    [Symbol.asyncDispose]: down,
  };
  await up();
  return sandbox;
}
