import { once } from 'node:events';
import { request as httpRequest, type RequestListener } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { answerTo } from '@bouncer/sandbox';
import { silentLogger } from '@bouncer/target';
import { ManualClock, parseNetwork } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listenForProxies, listenForTls } from '../provider/listener.ts';
import { makeCertificate } from '../tls/certificate.ts';
import { Answers } from './answers.ts';
import { createAuthHandler, type AuthCounts } from './auth-handler.ts';
import { foreverList } from './block-list.ts';
import { LogSample } from './log-sample.ts';
import { PeerWatch } from './peer-watch.ts';
import { Probe } from './probe.ts';
import { WaitingRoom } from './waiting-room.ts';

const clock = new ManualClock();
const probe = new Probe(() => 'a-key', clock);
const now = new Date();
const own = makeCertificate(['127.0.0.1'], now, new Date(now.getTime() + 86_400_000));
const stop = new AbortController();
let isWaiting = false;

/** The same lists behind both endpoints, each with counters of its own. */
function endpoint(trusted: readonly string[]) {
  const peers = new PeerWatch(clock, silentLogger);
  const waitingRoom = new WaitingRoom();
  waitingRoom.close();
  const auth = createAuthHandler({
    blocked: listOf('203.0.113.7', '2001:db8::/64', '198.51.100.128/25'),
    peers,
    trusted: listOf(...trusted),
    clock,
    isWaiting: () => isWaiting,
    waitingRoom,
    untilFirstPull: 'closed',
    probe,
    answers: new Answers({ page: '<h1>banned</h1>', status: 403 }, new LogSample(clock, silentLogger)),
    otherwise: (_, response) => response.writeHead(404).end(),
  });
  const seen = { asked: 0 };
  const handler: RequestListener = (...all) => {
    seen.asked += 1;
    auth.handler(...all);
  };
  return { handler, atOnce: auth.atOnce, seen, tell: () => ({ ...auth.counts, ...peers.counts }) };
}

function listOf(...networks: readonly string[]) {
  return foreverList(networks.map((text): Network => parseNetwork(text)!));
}

async function open(trusted: readonly string[]) {
  const [plain, tls] = [endpoint(trusted), endpoint(trusted)];
  const port = await listenForProxies('127.0.0.1:0', plain.handler, stop.signal);
  const listening = await listenForTls('127.0.0.1:0', tls, stop.signal, own);
  const session = connect(`https://127.0.0.1:${listening.port}`, { ca: own.cert });
  return { plain, tls, port, session };
}

async function ask1(port: number, path: string, headers: Record<string, string>, method: string) {
  const request = httpRequest({ port, host: '127.0.0.1', path, headers, method, agent: false }).end();
  const answer = await answerTo(request);
  let body = '';
  for await (const part of answer) body += String(part);
  return { status: answer.statusCode, body };
}

async function ask2(session: ClientHttp2Session, path: string, headers: Record<string, string>, method: string) {
  const stream = session.request({ ':path': path, ':method': method, ...headers }).end();
  const [{ ':status': status }] = (await once(stream, 'response')) as [{ ':status': number }];
  let body = '';
  for await (const part of stream) body += String(part);
  return { status, body };
}

let both: Awaited<ReturnType<typeof open>>;
let strangers: typeof both;
beforeAll(async () => {
  both = await open(['127.0.0.1', '10.0.0.0/8']);
  strangers = await open(['192.0.2.1']);
});
afterAll(() => {
  for (const { session } of [both, strangers]) session.destroy();
  stop.abort();
});

const path = '/v1/forward-auth';
/** `asked`: how many of them are left to the handler, 0 or 1. */
type Case = readonly [name: string, headers: Record<string, string>, asked: number, at?: string, method?: string];
const cases: readonly Case[] = [
  ['a clean client', { 'x-forwarded-for': '198.51.100.1' }, 0],
  ['a clean client behind two proxies', { 'x-forwarded-for': '203.0.113.7, 198.51.100.1, 10.1.1.1' }, 0],
  ['a clean one of X-Real-IP', { 'x-real-ip': '198.51.100.1' }, 0],
  ['a clean one by POST, which ends after its headers', { 'x-forwarded-for': '198.51.100.1' }, 1, path, 'POST'],
  ['a clean one of IPv6', { 'x-forwarded-for': '2001:db8:1::1' }, 0],
  ['a banned client', { 'x-forwarded-for': '203.0.113.7' }, 1],
  ['a client in a banned range', { 'x-forwarded-for': '198.51.100.200' }, 1],
  ['a banned one behind a proxy', { 'x-forwarded-for': '2001:db8::1, 10.1.1.1' }, 1],
  ['a banned one of X-Real-IP', { 'x-real-ip': '203.0.113.7' }, 1],
  ['who asks for JSON', { 'x-forwarded-for': '203.0.113.7', accept: 'application/json', 'x-request-id': 'a-1' }, 1],
  ['nobody', {}, 1],
  ['no address', { 'x-forwarded-for': 'unknown' }, 1],
  ['proxies alone', { 'x-forwarded-for': '10.1.1.1' }, 1],
  ['the probe', { 'x-forwarded-for': probe.address() }, 1],
  ['its mark', { 'x-forwarded-for': '198.51.100.1', 'x-forwarded-uri': `/?${probe.mark()}` }, 1],
  ['another program', { 'x-forwarded-for': '198.51.100.1' }, 1, '/api/v1/forwardAuth'],
  ['Envoy', { 'x-forwarded-for': '198.51.100.1' }, 1, '/v1/ext-authz/page'],
  ['a query', { 'x-forwarded-for': '198.51.100.1' }, 1, `${path}?proxy=nginx`],
  ['another path', { 'x-forwarded-for': '198.51.100.1' }, 1, '/v1/forward-authx'],
];

function deltaOf(before: AuthCounts & object, after: AuthCounts & object): Record<string, number> {
  const old = before as unknown as Record<string, number>;
  return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, (count as number) - (old[name] ?? 0)]));
}

async function compare(at: typeof both, [, headers, asked, where = path, method = 'GET']: Case) {
  const { plain, tls, port, session } = at;
  const before = { plain: plain.tell(), tls: tls.tell(), asked: tls.seen.asked };
  const [first, second] = [await ask1(port, where, headers, method), await ask2(session, where, headers, method)];
  expect(second).toEqual(first);
  expect(deltaOf(before.tls, tls.tell())).toEqual(deltaOf(before.plain, plain.tell()));
  expect(tls.seen.asked - before.asked).toBe(asked);
  return first.status;
}

describe('an answer from the headers alone is that of the whole request, counters included', () => {
  it.each(cases.map((one) => ({ name: one[0], one })))('$name', async ({ one }) => {
    isWaiting = false;
    await compare(both, one);
  });

  it.each(cases.map((one) => ({ name: one[0], one })))('from who is not trusted: $name', async ({ one }) => {
    isWaiting = false;
    const [name, headers, , ...more] = one;
    await compare(strangers, [name, headers, 1, ...more]);
  });

  it('is never given before the first decisions, nor to a request whose body is to come', async () => {
    isWaiting = true;
    expect(await compare(both, ['', { 'x-forwarded-for': '198.51.100.1' }, 1])).toBe(403);
    isWaiting = false;
    const { session, tls } = both;
    const before = tls.seen.asked;
    const stream = session.request({ ':path': path, ':method': 'POST', 'x-forwarded-for': '198.51.100.1' });
    stream.write('body');
    const [{ ':status': status }] = (await once(stream, 'response')) as [{ ':status': number }];
    stream.end();
    expect([status, tls.seen.asked - before]).toEqual([204, 1]);
  });

  it('survives who takes a request back at once, and goes on', async () => {
    const { session } = both;
    for (let code = 0; code < 14; code += 1) {
      const stream = session.request({ ':path': path, 'x-forwarded-for': '198.51.100.1' });
      stream.on('error', () => undefined);
      stream.close(code);
    }
    expect(await ask2(session, path, { 'x-forwarded-for': '198.51.100.1' }, 'GET')).toMatchObject({ status: 204 });
  });
});
