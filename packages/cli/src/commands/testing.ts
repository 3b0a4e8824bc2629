import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { systemClock } from '@bouncer/stream';
import { MemoryTarget, defineKind, setting, type Kind, type AnyTarget } from '@bouncer/target';
import type { CommandIo } from '../runtime/io.ts';
import { runCommandLine } from './command-line.ts';

// For tests of this package only.

export const testKey = 'test-key-abcdef';

/** A LAPI of a few lines: a key, a list of bans, a prefix. */
export interface FakeLapi extends AsyncDisposable {
  readonly url: string;
  /** Banned values; change them at will. */
  readonly bans: string[];
  /** `GET /v1/decisions/stream?startup=true ...`, oldest first. */
  readonly requests: string[];
  /** Answers the stream with this text instead. */
  stream: string | undefined;
  /** Answers everything with this status instead. */
  status: number | undefined;
}

/** How the few lines are to be reached otherwise than by http on loopback. */
export interface FakeLapiOptions {
  /** A unix socket instead of a port. */
  readonly socket?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export async function startFakeLapi(prefix = '', { socket, tls }: FakeLapiOptions = {}): Promise<FakeLapi> {
  const listener: RequestListener = (request, response) => {
    const url = request.url ?? '';
    lapi.requests.push(`${request.method ?? ''} ${url}`);
    const path = url.split('?')[0];
    const decisions = lapi.bans.map((value, id) => ({
      id,
      origin: 'cscli',
      scenario: 'test',
      scope: 'Ip',
      type: 'ban',
      value,
      duration: '4h0m0s',
    }));
    if (lapi.status !== undefined) response.writeHead(lapi.status).end();
    else if (!url.startsWith(`${prefix}/v1/decisions`)) response.writeHead(404).end();
    else if (request.headers['x-api-key'] !== testKey)
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"access forbidden"}');
    else if (path === `${prefix}/v1/decisions`) response.end(JSON.stringify(decisions));
    else response.end(lapi.stream ?? JSON.stringify({ new: decisions, deleted: [] }));
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(socket === undefined ? { port: 0, host: '127.0.0.1' } : { path: socket });
  await once(server, 'listening');
  const port = socket === undefined ? (server.address() as AddressInfo).port : 0;
  const lapi: FakeLapi = {
    url: socket === undefined ? `${tls ? 'https' : 'http'}://127.0.0.1:${port}${prefix}` : `unix://${socket}`,
    bans: [],
    requests: [],
    status: undefined,
    stream: undefined,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return lapi;
}

/** A connector whose devices are lists in memory. */
export function memoryConnector(targets: readonly AnyTarget[] = [new MemoryTarget()]): Kind {
  return defineKind({
    name: 'memory',
    type: 'crowdsec-memory-bouncer',
    title: 'Memory',
    summary: 'Keeps decisions in memory.',
    settings: {
      password: setting.secret({ env: 'MEMORY_PASSWORD', default: '', help: 'not needed' }),
      mode: setting.choice(['plain', 'broken'], { env: 'MEMORY_MODE', default: 'plain', help: 'how' }),
    },
    deviceHosts: () => [],
    createTargets: () => targets,
  });
}

export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is seen of a command while it runs. */
export interface Screen {
  readonly io: CommandIo;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves once stdout holds the text. */
  shown(text: string): Promise<void>;
}

export function screen(
  env: Readonly<Record<string, string | undefined>>,
  signal = new AbortController().signal,
): Screen {
  const written = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  const sink = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      written[name] += text;
      for (const look of waiting) look();
    },
  });
  return {
    io: { stdout: sink('stdout'), stderr: sink('stderr'), env, clock: systemClock, signal, configFolder: '/nowhere' },
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    shown: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!written.stdout.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Runs a command line to its end. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  connector = memoryConnector(),
): Promise<CommandRun> {
  const { io, stdout, stderr } = screen(env);
  const code = await runCommandLine(connector, args, io);
  return { code, stdout: stdout(), stderr: stderr() };
}

export function environmentFor(lapi: FakeLapi): Record<string, string> {
  return { CROWDSEC_API_URL: lapi.url, CROWDSEC_BOUNCER_API_KEY: testKey, HTTP_LISTEN: '127.0.0.1:0' };
}
