import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '@bouncer/stream';
import type { Clock } from '@bouncer/stream';
import { BouncerRegistry } from './bouncers.ts';
import type { Bouncer } from './bouncers.ts';
import { DecisionTable } from './decision-table.ts';
import type { DecisionInput } from './decision-table.ts';
import { FaultScript } from './faults.ts';
import type { LapiFault } from './faults.ts';
import { traitsOf } from './generation.ts';
import type { LapiGeneration } from './generation.ts';
import { Listener } from './listener.ts';
import type { ListenerTls } from './listener.ts';
import { RequestLog } from './request-log.ts';
import { answer, kindOf } from './routes.ts';
import type { Answer, LapiState } from './routes.ts';
import { send } from './send.ts';

/** How the stand-in is to be. */
export interface StartLapiOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** HTTPS; with `clientCa` and `allowedOu` client certificates count as bouncers. */
  readonly tls?: ListenerTls & { readonly allowedOu?: readonly string[] };
  /** Default `1.7.8`. */
  readonly generation?: LapiGeneration;
  /** Path of a reverse proxy in front, such as `/lapi`: everything outside it is the proxy's 404. */
  readonly prefix?: string;
  /** Key of the bouncer `sandbox`. Default `sandbox-key`. */
  readonly key?: string;
  /** More bouncers: name to key. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Time of decisions, delays and drips. Default the machine's. */
  readonly clock?: Clock;
  /** Decisions it starts with. */
  readonly decisions?: Iterable<DecisionInput>;
}

/** A running stand-in. Its state outlives `down` and `up`, as a database does. */
export interface LapiSandbox extends AsyncDisposable {
  /** Base URL for CROWDSEC_API_URL, prefix included. */
  readonly url: string;
  readonly port: number;
  readonly key: string;
  readonly generation: LapiGeneration;
  readonly decisions: DecisionTable;
  readonly bouncers: BouncerRegistry;
  readonly faults: FaultScript;
  readonly requests: RequestLog;
  /** Bodies of usage metrics that were accepted, parsed. */
  readonly usageMetrics: readonly unknown[];
  /** Open connections. */
  connections(): number;
  /** Cuts every connection and refuses new ones. */
  down(): Promise<void>;
  /** Listens again on the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
}

const bodyLimit = 50 * 1024 * 1024;

/** Starts a LAPI stand-in on loopback. Faithful to the wire of real generations; faults come by script. */
export async function startLapi(options: StartLapiOptions = {}): Promise<LapiSandbox> {
  const { host = '127.0.0.1', port = 0, tls, generation = '1.7.8', key = 'sandbox-key', clock = systemClock } = options;
  const prefix = (options.prefix ?? '').replace(/\/+$/, '');
  const table = new DecisionTable(clock);
  if (options.decisions) table.addMany(options.decisions);
  const bouncers = new BouncerRegistry(generation, () => table.stamp());
  for (const [name, secret] of Object.entries({ sandbox: key, ...options.keys })) bouncers.add(name, secret);
  const usageMetrics: unknown[] = [];
  const state: LapiState = { traits: traitsOf(generation), table, bouncers, usageMetrics };
  const faults = new FaultScript();
  const requests = new RequestLog();
  const stopped = new AbortController();

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path, search] = splitOnce(incoming.url ?? '', '?');
    const inside = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
    const query = new URLSearchParams(search);
    const logged = requests.open({
      kind: inside === undefined ? 'other' : kindOf(inside),
      method: incoming.method ?? '',
      path,
      query,
      headers: incoming.headers,
      startup: query.get('startup') === 'true',
    });
    try {
      const body = await readBody(incoming);
      const fault = faults.take(logged.kind);
      const identify = (): Bouncer | undefined => identifyCaller(incoming, bouncers, tls?.allowedOu);
      const reply = (): Answer =>
        inside === undefined ? proxyRefusal : answer(state, logged, inside, body, identify, fault);
      const chosen = choose(fault, reply);
      if (!silent(fault)) logged.status = chosen.status;
      await send(response, chosen, fault, clock, stopped.signal);
    } catch {
      response.destroy();
    } finally {
      requests.end(logged);
    }
  }

  const listener = new Listener({ host, port, ...(tls && { tls }) }, (incoming, response) => {
    void handle(incoming, response);
  });
  await listener.up();
  const shownHost = host.includes(':') ? `[${host}]` : host;
  async function close(): Promise<void> {
    stopped.abort();
    await listener.down();
  }
  return {
    url: `${tls ? 'https' : 'http'}://${shownHost}:${listener.port}${prefix}`,
    port: listener.port,
    key,
    generation,
    decisions: table,
    bouncers,
    faults,
    requests,
    usageMetrics,
    connections: () => listener.connections,
    down: () => listener.down(),
    up: () => listener.up(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const proxyRefusal: Answer = { status: 404, headers: { 'content-type': 'text/plain' }, body: ['404 page not found\n'] };
const nothing: Answer = { status: 200, headers: {}, body: [] };

/** The answer to send: the fault's own, or LAPI's. A fault on the way there keeps LAPI from seeing the request. */
function choose(fault: LapiFault | undefined, reply: () => Answer): Answer {
  if (fault?.kind === 'answer') {
    if (fault.reached) reply();
    const type = fault.contentType ?? (fault.body?.startsWith('{') ? 'application/json' : 'text/plain');
    return { status: fault.status, headers: { 'content-type': type, ...fault.headers }, body: [fault.body ?? ''] };
  }
  const early = (fault?.kind === 'drop' || fault?.kind === 'hang') && fault.at === 'request';
  if (early && !fault.reached) return nothing;
  return reply();
}

/** Faults after which the client has seen no status. */
function silent(fault: LapiFault | undefined): boolean {
  return (fault?.kind === 'drop' || fault?.kind === 'hang') && fault.at === 'request';
}

/** A client certificate wins over a key, for better or worse. */
function identifyCaller(
  incoming: IncomingMessage,
  bouncers: BouncerRegistry,
  allowedOu: readonly string[] | undefined,
): Bouncer | undefined {
  const address = (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const userAgent = incoming.headers['user-agent'] ?? '';
  if (allowedOu && 'getPeerCertificate' in incoming.socket) {
    const { subject } = (incoming.socket as TLSSocket).getPeerCertificate() as {
      subject?: { CN?: string; OU?: string | string[] };
    };
    if (subject) {
      const units = [subject.OU ?? []].flat();
      if (!units.some((unit) => allowedOu.includes(unit))) return undefined;
      return bouncers.authenticateCertificate(subject.CN ?? '', address, userAgent);
    }
  }
  const key = incoming.headers['x-api-key'];
  return typeof key === 'string'
    ? bouncers.authenticate(key.trim(), address, userAgent, incoming.method === 'HEAD')
    : undefined;
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > bodyLimit) throw new RangeError('request body too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function splitOnce(text: string, mark: string): [string, string] {
  const index = text.indexOf(mark);
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
