import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Socket, createServer, type AddressInfo } from 'node:net';
import { cutAt, everyByte, randomChunks, startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { AuthError, ManualClock, TransientError } from '@bouncer/stream';
import { RouterOSClient } from 'routeros-client';
import { describe, expect, it, vi } from 'vitest';
import { command, read } from './command.ts';
import type { Link } from './link.ts';
import { attribute } from './sentence.ts';
import { CONNECT_TIMEOUT_MS, internalsOf, openSession } from './session.ts';
import type { SessionOptions } from './session.ts';
import { ScriptedServer, tagOf } from './testing.ts';

const calm = new AbortController().signal;
const clock = new ManualClock();
const LIST = ['/ip/firewall/address-list/print', '=.proplist=.id,list,comment', '?list=123'];

function optionsFor({ port }: { port: number }, more: Partial<SessionOptions> = {}): SessionOptions {
  return { host: '127.0.0.1', port, user: 'crowdsec', password: 'secret', clock, ...more };
}

function open(server: { port: number }, more: Partial<SessionOptions> = {}): Promise<Link> {
  return openSession(optionsFor(server, more), calm);
}

function comments(link: Link): Promise<(string | undefined)[]> {
  return read(link, LIST, calm, (row) => row.value(attribute('comment')));
}

async function withRows(options: Parameters<typeof startRouterOs>[0]): Promise<RouterOsSandbox> {
  const router = await startRouterOs(options);
  router.addRow({ list: '123', address: '203.0.113.1', comment: '00123' });
  router.addRow({ list: '123', address: '203.0.113.2', comment: 'true' });
  return router;
}

describe('the library underneath', () => {
  it('is the version that was hardened', () => {
    const require = createRequire(import.meta.url);
    expect((require('routeros-client/package.json') as { version: string }).version).toBe('1.1.2');
    expect((require('node-routeros/package.json') as { version: string }).version).toBe('1.6.9');
  });

  it('has the parts that are replaced, as soon as it begins to connect', async () => {
    await using server = await ScriptedServer.start(() => []);
    const client = new RouterOSClient({ host: '127.0.0.1', port: server.port, user: 'a', password: 'b' });
    client.on('error', () => {});
    expect(() => internalsOf(client)).toThrow(/not the version that was hardened/);
    void client.connect().catch(() => {});
    const inside = internalsOf(client);
    expect(inside.socket).toBeInstanceOf(Socket);
    Object.assign(inside.receiver, { processRawData: undefined });
    expect(() => internalsOf(client)).toThrow(/not the version that was hardened/);
    inside.socket.destroy();
  });

  it('is not asked to encode or decode anything: the bundle leaves those parts of it out', async () => {
    const iconv = createRequire(import.meta.url)('iconv-lite') as { encode(): unknown; decode(): unknown };
    const encode = vi.spyOn(iconv, 'encode');
    const decode = vi.spyOn(iconv, 'decode');
    for (const version of ['7.20.1', '6.42.1']) {
      await using router = await withRows({ version });
      const link = await open(router);
      await comments(link);
      await link.close();
      await expect(open(router, { password: 'wrong' })).rejects.toThrow();
    }
    expect([encode.mock.calls, decode.mock.calls]).toEqual([[], []]);
  });
});

describe('openSession', () => {
  it.each(['7.20.1', '7.16.2', '6.49.10', '6.42.1'])(
    'logs in on RouterOS %s and reads rows as they are',
    async (version) => {
      await using router = await withRows({ version });
      const link = await open(router);
      expect(await comments(link)).toEqual(['00123', 'true']);
      expect(router.counters.logins).toBe(1);
      await link.close();
    },
  );

  it.each<[string, (bytes: Buffer) => Buffer[]]>([
    ['every byte by itself', everyByte],
    ['the last byte by itself', (bytes: Buffer) => [bytes.subarray(0, -1), bytes.subarray(-1)]],
    ['pieces of any size', randomChunks(7, 30)],
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((at): [string, (bytes: Buffer) => Buffer[]] => [
      `a cut behind byte ${String(at)}`,
      cutAt(at),
    ]),
  ])('reads everything when the answers come in %s', async (_, chunking) => {
    await using router = await withRows({ chunking });
    const link = await open(router);
    for (let round = 0; round < 5; round++) expect(await comments(link)).toEqual(['00123', 'true']);
    await link.close();
  });

  it.each(['off', 'on', 'twice', 'before-rows', 'every-command'] as const)(
    'gives no rows for a print that matches nothing (!empty: %s)',
    async (emptyReply) => {
      await using router = await startRouterOs({ emptyReply });
      const link = await open(router);
      expect(await comments(link)).toEqual([]);
      router.addRow({ list: '123', address: '203.0.113.1', comment: 'x' });
      expect(await comments(link)).toEqual(['x']);
      await link.close();
    },
  );

  it('does not mind replies to commands that nobody sent, with the tag in any place', async () => {
    await using router = await withRows({ tagPosition: 'last' });
    const link = await open(router);
    router.unsolicitedTag('nobody');
    router.unsolicitedTag('99999');
    expect(await comments(link)).toEqual(['00123', 'true']);
    await link.close();
  });

  it('sends what is asked in one tick in one piece, without delay', async () => {
    await using server = await ScriptedServer.start((words) => [['!done', tagOf(words)]]);
    const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
    const idle = vi.spyOn(Socket.prototype, 'setTimeout');
    const link = await open(server);
    expect(noDelay).toHaveBeenCalledWith(true);
    // The library ends a connection that is idle; ours is idle most of the time.
    expect(idle).toHaveBeenLastCalledWith(0);
    const before = server.chunks;
    await Promise.all(Array.from({ length: 20 }, () => command(link, ['/system/resource/print'], calm)));
    expect(server.chunks - before).toBe(1);
    expect(server.received.length).toBe(21);
    expect(before).toBe(1);
    await link.close();
  });

  it('tells the first of several traps', async () => {
    await using router = await startRouterOs({ multiTrap: true });
    const link = await open(router);
    const { trap } = await command(link, ['/ip/firewall/address-list/remove', '=.id=*99'], calm);
    expect(trap).toBe('no such item');
    await link.close();
  });

  it.each([
    ['7.20.1', 'wrong'],
    ['6.42.1', 'wrong'],
  ])('says that the login was refused, on RouterOS %s', async (version, password) => {
    await using router = await startRouterOs({ version });
    const attempt = open(router, { password });
    await expect(attempt).rejects.toBeInstanceOf(AuthError);
    await expect(attempt).rejects.toThrow(/refuses the login of user "crowdsec"/);
    await expect(attempt).rejects.toMatchObject({ hint: expect.stringContaining('`api`') as string });
  });

  it('does not try a password that the old login would garble', async () => {
    await using router = await startRouterOs({ version: '6.42.1' });
    await expect(open(router, { password: 'pässword' })).rejects.toThrow(/only ASCII passwords/);
  });

  it('takes rows and !empty before the end of a login for what they are: nothing', async () => {
    await using server = await ScriptedServer.start((words) =>
      [['!re', '=ret=a'], ['!empty'], ['!re'], ['!done']].map((reply) => [...reply, tagOf(words)]),
    );
    const link = await open(server);
    expect(server.received).toHaveLength(1);
    await link.close();
  });

  it.each([[['!done', '=strange=1']], [['!done', '=ret=zz']]])(
    'survives an answer to the login that no router gives: %j',
    async (odd) => {
      await using server = await ScriptedServer.start((words) => [[...odd, tagOf(words)]]);
      const link = await open(server).catch((error: unknown) => error as Error);
      if (link instanceof Error) expect(link).toBeInstanceOf(TransientError);
      else await link.close();
    },
  );

  it('says so when the other side is no router', async () => {
    await using server = await ScriptedServer.start(() => [['HTTP/1.1 400 Bad Request']]);
    await expect(open(server)).rejects.toThrow(/does not speak the RouterOS API/);
  });

  it('says so when the router closes what it accepted', async () => {
    await using router = await startRouterOs({ availableFrom: ['192.0.2.1'] });
    const attempt = open(router);
    await expect(attempt).rejects.toThrow(/closed the connection/);
    await expect(attempt).rejects.toMatchObject({
      hint: expect.stringContaining('/ip/service/set api address=') as string,
    });
  });

  it('names a refused connection by its cause', async () => {
    const router = await startRouterOs();
    await router.close();
    const attempt = open(router);
    await expect(attempt).rejects.toBeInstanceOf(TransientError);
    await expect(attempt).rejects.toThrow(/connection refused \(ECONNREFUSED\)/);
  });

  it('gives up on a router that accepts and never answers', async () => {
    await using router = await startRouterOs();
    router.hang();
    const attempt = open(router);
    attempt.catch(() => {});
    await vi.waitUntil(() => router.connections === 1);
    await clock.advance(CONNECT_TIMEOUT_MS);
    await expect(attempt).rejects.toThrow(/has not answered the login within 10 s/);
  });

  it('stops connecting when it is told to', async () => {
    await using router = await startRouterOs();
    router.hang();
    const stop = new AbortController();
    const attempt = openSession(optionsFor(router), stop.signal);
    stop.abort(new Error('stopped'));
    await expect(attempt).rejects.toThrow('stopped');
    await expect(openSession(optionsFor(router), stop.signal)).rejects.toThrow('stopped');
  });

  it('leaves nothing behind when it connects again and again', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    await using router = await withRows({});
    for (let round = 0; round < 15; round++) {
      const link = await open(router);
      expect(await comments(link)).toHaveLength(2);
      await link.close();
    }
    await vi.waitUntil(() => router.connections === 0);
    expect(warnings).toEqual([]);
    expect(clock.sleeping).toBe(0);
    process.off('warning', onWarning);
  });

  it.each(['SSH-2.0-ROSSSH\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n'])('says what speaks on the port: %j', async (greeting) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      socket.write(greeting);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const options = { host: '127.0.0.1', port, user: 'crowdsec', password: 'secret', clock: new ManualClock() };
    await expect(openSession(options, new AbortController().signal)).rejects.toThrow(
      `speaks ${greeting.slice(0, greeting.search(/[-/]/))}, not the RouterOS API`,
    );
    server.close();
  });
});
