import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerTo } from '@bouncer/sandbox';
import { ManualClock, parseNetwork } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { silentLogger, type LogFields, type Logger } from '@bouncer/target';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Answers } from './answers.ts';
import { createAuthHandler } from './auth-handler.ts';
import type { AuthOptions } from './auth-handler.ts';
import { BlockList, foreverList } from './block-list.ts';
import { LogSample } from './log-sample.ts';
import { PeerWatch } from './peer-watch.ts';
import { Probe } from './probe.ts';
import { WaitingRoom } from './waiting-room.ts';

const network = (text: string): Network => parseNetwork(text)!;
const clock = new ManualClock();
const blocked = new BlockList();
let waiting = false;
let room = new WaitingRoom();
let warnings: LogFields[] = [];
const log: Logger = { ...silentLogger, warn: (fields: LogFields) => void warnings.push(fields) };
let peers = new PeerWatch(clock, log);
let close: (() => Promise<void>) | undefined;
let port = 0;

async function start(more: Partial<AuthOptions> = {}, trusted = ['127.0.0.1', '10.0.0.0/8', '2001:db8:ffff::/48']) {
  const { handler, counts } = createAuthHandler({
    blocked,
    peers,
    trusted: foreverList(trusted.map(network)),
    clock,
    isWaiting: () => waiting,
    waitingRoom: room,
    untilFirstPull: 'open',
    answers: new Answers({ page: '<h1>banned</h1>', status: 403 }, new LogSample(clock, silentLogger)),
    otherwise: (_, response) => response.writeHead(404).end(),
    ...more,
  });
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return counts;
}

async function ask(headers: Record<string, string | string[]> = {}, path = '/v1/forward-auth', method = 'GET') {
  const request = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false }).end();
  const response = await answerTo(request);
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, body, type: response.headers['content-type'] };
}

const statusOf = async (forwarded: string | string[]) => (await ask({ 'X-Forwarded-For': forwarded })).status;

beforeEach(() => {
  waiting = false;
  room = new WaitingRoom();
  warnings = [];
  peers = new PeerWatch(clock, log);
  for (const { network: one } of [...blocked.entries()]) blocked.delete(one);
  blocked.set(network('203.0.113.7'), 1e9);
  blocked.set(network('2001:db8::/64'), 1e9);
});
afterEach(async () => {
  await close?.();
});

describe('the verdict', () => {
  it('is 204 without a body, or 403 with the page', async () => {
    await start();
    expect(await ask({ 'X-Forwarded-For': '198.51.100.1' })).toEqual({ status: 204, body: '', type: undefined });
    const banned = await ask({ 'x-forwarded-for': '203.0.113.7' });
    expect(banned).toEqual({ status: 403, body: '<h1>banned</h1>', type: 'text/html; charset=utf-8' });
  });

  it('takes any method and a query, and no other path', async () => {
    await start();
    const headers = { 'X-Forwarded-For': '203.0.113.7' };
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
      expect([method, (await ask(headers, '/v1/forward-auth?x=1', method)).status]).toEqual([method, 403]);
    }
    expect((await ask(headers, '/v1/forward-authx')).status).toBe(404);
    expect((await ask(headers, '/')).status).toBe(404);
  });

  it.each<[string, string | string[], number]>([
    ['the right-most that is no proxy counts', '203.0.113.7, 10.1.2.3', 403],
    ['what stands left of the client is what the client wrote', '203.0.113.7, 198.51.100.1', 204],
    ['a client cannot hide behind a clean address', '198.51.100.1, 203.0.113.7', 403],
    ['a client cannot hide behind a proxy address', '10.0.0.1, 203.0.113.7', 403],
    ['several headers are one list', ['203.0.113.7', '10.1.2.3'], 403],
    ['several headers, the last one first', ['203.0.113.7', '198.51.100.1'], 204],
    ['IPv6 in any spelling', '2001:0DB8:0:0:0::9', 403],
    ['IPv6 in brackets with a port', '[2001:db8::9]:4711', 403],
    ['IPv6 with a zone', '2001:db8::9%eth0', 403],
    ['IPv6 with a zone in brackets', '[2001:db8::9%eth0]:4711', 403],
    ['one in quotes', '"203.0.113.7"', 403],
    ['IPv6 in quotes and brackets', '"[2001:db8::9]:4711"', 403],
    ['one in quotes that is not banned', '"198.51.100.1"', 204],
    ['IPv4 with a port', '203.0.113.7:4711', 403],
    ['IPv4 as IPv6', '::ffff:203.0.113.7', 403],
    ['blanks and empty parts', ' ,203.0.113.7 , ', 403],
    ['only proxies', '10.1.1.1, 10.2.2.2', 204],
    ['no address at all', 'unknown', 204],
    ['a proxy that says unknown', '203.0.113.7, unknown', 204],
    ['nothing', '', 204],
  ])('%s', async (_, forwarded, status) => {
    await start();
    expect(await statusOf(forwarded)).toBe(status);
  });

  it('takes X-Real-IP when there is no X-Forwarded-For', async () => {
    await start();
    expect((await ask({ 'X-Real-IP': '203.0.113.7' })).status).toBe(403);
    expect((await ask({ 'X-Real-IP': '203.0.113.7', 'X-Forwarded-For': '198.51.100.1' })).status).toBe(204);
  });

  it('judges one who is no trusted proxy by its own address, whatever clean address it names', async () => {
    await start({}, []);
    expect(await statusOf('198.51.100.1')).toBe(204);
    blocked.set(network('127.0.0.1'), 1e9);
    expect(await statusOf('198.51.100.1')).toBe(403);
  });

  it('ends with the decision', async () => {
    await start();
    const end = Math.floor(clock.now() / 1000) + 60;
    blocked.set(network('203.0.113.8'), end);
    expect(await statusOf('203.0.113.8')).toBe(403);
    await clock.advance(60_000);
    expect(await statusOf('203.0.113.8')).toBe(204);
  });
});

describe('a proxy that is not trusted', () => {
  it.each<[string, Record<string, string | string[]>]>([
    ['the client that it names', { 'X-Forwarded-For': '203.0.113.7' }],
    ['one of several', { 'X-Forwarded-For': '203.0.113.7, 198.51.100.1' }],
    ['one in a second header', { 'X-Forwarded-For': ['198.51.100.1', '[2001:db8::9]:80'] }],
    ['one in X-Real-IP', { 'X-Real-IP': '203.0.113.7' }],
  ])('is refused when %s is blocked: it may well be the proxy', async (_, headers) => {
    await start({}, ['10.0.0.0/8']);
    expect((await ask(headers)).status).toBe(403);
  });

  it('is counted, told once, and a concern that names the address to add', async () => {
    await start({}, ['10.0.0.0/8']);
    expect(peers.concerns()).toEqual([]);
    for (const client of ['198.51.100.1', '198.51.100.2']) expect(await statusOf(client)).toBe(204);
    expect(peers.counts.untrusted).toBe(2);
    expect(warnings).toEqual([expect.objectContaining({ peer: '127.0.0.1' })]);
    expect(peers.concerns()).toEqual([
      {
        level: 'fail',
        seen: expect.stringContaining('127.0.0.1') as string,
        fix: expect.stringContaining('add 127.0.0.1 to TRAEFIK_TRUSTED_PROXIES') as string,
      },
    ]);
    await clock.advance(25 * 3_600_000);
    expect(peers.concerns()).toEqual([]);
  });

  it('is no concern when it names nobody: then it is a client of its own', async () => {
    await start({}, []);
    await ask({});
    await ask({ 'X-Forwarded-For': ' ' });
    expect([peers.concerns(), warnings]).toEqual([[], []]);
  });
});

describe('a trusted proxy', () => {
  it.each<[string, Record<string, string>]>([
    ['sends no header', {}],
    ['sends what is no address', { 'X-Forwarded-For': 'unknown' }],
    ['names only trusted addresses', { 'X-Forwarded-For': '10.1.2.3' }],
  ])('that always %s is a concern: nobody behind it is ever judged', async (_, headers) => {
    await start();
    for (let count = 0; count < 20; count += 1) await ask(headers);
    expect(peers.concerns().map(({ level }) => level)).toEqual(['fail']);
  });

  it('that names its clients is none, be it asked by its own network as well', async () => {
    await start();
    await statusOf('198.51.100.1');
    for (let count = 0; count < 20; count += 1) await statusOf('10.1.2.3');
    expect(peers.concerns()).toEqual([]);
  });
});

describe('before the first decisions', () => {
  it('refuses at once who is on the list of an earlier run', async () => {
    waiting = true;
    await start({ untilFirstPull: 'open' });
    expect(await statusOf('203.0.113.7')).toBe(403);
  });

  it('lets in nobody unjudged when too many wait', async () => {
    waiting = true;
    room = new WaitingRoom(0);
    const counts = await start({ untilFirstPull: 'open' });
    expect([await statusOf('198.51.100.2'), counts]).toEqual([
      503,
      expect.objectContaining({ overflowed: 1, passed: 0 }),
    ]);
  });

  it('that are closed let in who is exempt, such as the own LAN, and no banned one of it', async () => {
    waiting = true;
    room.close();
    const isExempt = (words: Uint32Array): boolean => (words[3] ?? 0) >>> 24 === 192;
    await start({ untilFirstPull: 'closed', isExempt }, ['127.0.0.1']);
    blocked.set(network('192.168.1.66'), 1e9);
    const statuses = [];
    for (const from of ['192.168.1.5', '192.168.1.66', '198.51.100.1']) statuses.push(await statusOf(from));
    expect(statuses).toEqual([204, 403, 403]);
  });

  it.each([
    ['open', 204],
    ['closed', 403],
  ] as const)('is %s, as it was chosen, once nobody may wait any longer', async (untilFirstPull, status) => {
    waiting = true;
    room.close();
    await start({ untilFirstPull });
    expect(await statusOf('198.51.100.1')).toBe(status);
    waiting = false;
    expect(await statusOf('198.51.100.1')).toBe(204);
  });

  it('lets requests wait, and judges them by those decisions when they have come', async () => {
    waiting = true;
    for (const { network: one } of [...blocked.entries()]) blocked.delete(one);
    const entered: (() => void)[] = [];
    const enter = room.enter.bind(room);
    const bothCame = new Promise<void>((resolve) => {
      room.enter = (work) => {
        entered.push(work);
        if (entered.length === 2) resolve();
        return enter(work);
      };
    });
    await start({ untilFirstPull: 'open' });
    const answers = Promise.all([statusOf('203.0.113.7'), statusOf('198.51.100.1')]);
    await bothCame;
    blocked.set(network('203.0.113.7'), 1e9);
    waiting = false;
    room.close();
    expect(await answers).toEqual([403, 204]);
  });
});

describe('the probe of check', () => {
  const probe = new Probe(() => 'a-key', clock);

  it('is refused when a trusted proxy names it, told when it asks, and counts for nothing', async () => {
    const counts = await start({ probe });
    expect(await ask({ 'X-Forwarded-For': probe.address() })).toMatchObject({ status: 403, body: '<h1>banned</h1>' });
    expect(await statusOf(new Probe(() => 'another', clock).address())).toBe(204);
    const told = await ask({ 'X-Forwarded-For': '198.51.100.1', 'X-Forwarded-Uri': `/a?${probe.mark()}` });
    expect([told.status, told.body]).toEqual([
      403,
      '{"status":403,"crowdsec_probe":{"whose":"client","address":"198.51.100.1"}}\n',
    ]);
    expect(counts).toMatchObject({ passed: 1, blocked4: 0, blocked6: 0 });
  });

  it('proves nothing for who is not trusted, and nothing before there is a list', async () => {
    await start({ probe }, ['192.0.2.1']);
    expect(await statusOf(probe.address())).toBe(204);
    await close?.();
    waiting = true;
    room.close();
    await start({ probe });
    expect(await statusOf(probe.address())).toBe(204);
  });
});
