import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RouterOsSandbox } from './sandbox.ts';

/** A running control port. */
export interface ControlPort extends AsyncDisposable {
  readonly port: number;
}

type Action = (sandbox: RouterOsSandbox, query: URLSearchParams) => unknown;

/** What a shell script may ask for. Answers are JSON; `/rows` takes `?family=4` and `?list=name`. */
const ACTIONS: Readonly<Record<string, Action>> = {
  'GET /rows': (sandbox, query) => sandbox.rows(familyOf(query), query.get('list') ?? undefined),
  'GET /count': (sandbox, query) => sandbox.rows(familyOf(query), query.get('list') ?? undefined).length,
  'GET /counters': (sandbox) => ({ ...sandbox.counters.snapshot(), open: sandbox.connections }),
  'GET /rules': (sandbox) => sandbox.rules(),
  'POST /reboot': (sandbox) => {
    sandbox.reboot();
  },
  'POST /hang': (sandbox) => {
    sandbox.hang();
  },
  'POST /resume': (sandbox) => {
    sandbox.resume();
  },
  'POST /kill': (sandbox) => {
    sandbox.kill();
  },
  'POST /refuse': (sandbox) => sandbox.refuse(),
  'POST /listen': (sandbox) => sandbox.listen(),
  'POST /wipe': (sandbox, query) => sandbox.wipe(query.get('list') ?? undefined),
};

/** Opens the control port on loopback. `port` 0 is any free one. */
export async function startControlPort(sandbox: RouterOsSandbox, port: number): Promise<ControlPort> {
  const server = createServer((request, response) => {
    void answer(sandbox, request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(sandbox: RouterOsSandbox, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const action = ACTIONS[`${request.method ?? ''} ${url.pathname}`];
  if (!action) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`${Object.keys(ACTIONS).join('\n')}\n`);
    return;
  }
  const result = (await action(sandbox, url.searchParams)) ?? { ok: true };
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(result)}\n`);
}

function familyOf(query: URLSearchParams): 4 | 6 | undefined {
  const family = query.get('family');
  if (family === '4') return 4;
  return family === '6' ? 6 : undefined;
}
