import { startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { ManualClock, TransientError } from '@bouncer/stream';
import { describe, expect, it, vi } from 'vitest';
import { command } from './command.ts';
import { COMMAND_TIMEOUT_MS, SILENCE_TIMEOUT_MS } from './link.ts';
import type { Link } from './link.ts';
import { openSession } from './session.ts';
import { ScriptedServer, tagOf } from './testing.ts';

const calm = new AbortController().signal;

async function connect(
  server: { port: number },
  clock = new ManualClock(),
): Promise<{ link: Link; clock: ManualClock }> {
  const options = { host: '127.0.0.1', port: server.port, user: 'crowdsec', password: 'secret', clock };
  return { link: await openSession(options, calm), clock };
}

function ask(link: Link): Promise<unknown> {
  return command(link, ['/system/resource/print'], calm);
}

/** Ten commands at once, and how each of them ended. */
async function tenInFlight(link: Link, strike: () => void | Promise<void>): Promise<PromiseSettledResult<unknown>[]> {
  const outcomes = Promise.allSettled(Array.from({ length: 10 }, () => ask(link)));
  await strike();
  return outcomes;
}

function rejected(outcomes: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
}

describe('Link', () => {
  it.each<[string, (router: RouterOsSandbox) => void]>([
    [
      'is reset',
      (router) => {
        router.rstMidWindow(3);
      },
    ],
    [
      'ends behind a reply',
      (router) => {
        router.closeAfterReplies(3);
      },
    ],
    [
      'ends without a reply',
      (router) => {
        router.dropReplyAfterExecuting(3, 'any');
      },
    ],
    [
      'is cut in the middle of a reply',
      (router) => {
        router.cutReply(3);
      },
    ],
    [
      'is ended by !fatal',
      (router) => {
        router.fatalAfter(3, 'shutting down');
      },
    ],
  ])('settles everything that is in flight when the connection %s', async (_, strike) => {
    await using router = await startRouterOs();
    const { link } = await connect(router);
    strike(router);
    const outcomes = await tenInFlight(link, () => {});
    const lost = rejected(outcomes);
    expect(outcomes).toHaveLength(10);
    expect(lost.length).toBeGreaterThanOrEqual(7);
    for (const error of lost) expect(error).toBeInstanceOf(TransientError);
    await expect(ask(link)).rejects.toBe(link.error);
    await expect(link.ended).resolves.toBe(link.error);
  });

  it('repeats why the router ended the connection', async () => {
    await using router = await startRouterOs();
    const { link } = await connect(router);
    router.fatalAfter(1, 'shutting down');
    await ask(link);
    expect((await link.ended).message).toContain('shutting down');
  });

  it('gives up on a router that has gone silent, and not before', async () => {
    await using router = await startRouterOs();
    const { link, clock } = await connect(router);
    router.hang();
    const outcomes = tenInFlight(link, async () => {
      await clock.advance(SILENCE_TIMEOUT_MS - 1000);
      expect(link.error).toBeUndefined();
      await clock.advance(6000);
    });
    expect(rejected(await outcomes)).toHaveLength(10);
    expect(link.error?.message).toMatch(/has not answered for 3\d s/);
  });

  it('gives up on one command that is never answered although others are', async () => {
    await using router = await startRouterOs();
    const { link, clock } = await connect(router);
    router.swallowReply(0);
    const lost = ask(link);
    lost.catch(() => {});
    for (let passed = 0; passed <= COMMAND_TIMEOUT_MS; passed += 20_000) {
      await clock.advance(20_000);
      if (!link.error) await ask(link).catch(() => {});
    }
    await expect(lost).rejects.toThrow(/has not answered for 1\d\d s/);
  });

  it('waits for a listing as long as its rows keep coming', async () => {
    const clock = new ManualClock();
    let rows: (() => void) | undefined;
    let end: (() => void) | undefined;
    await using server = await ScriptedServer.start((words, socket) => {
      const tag = tagOf(words);
      if (words[0] === '/login') return [['!done', tag]];
      const row = `\u0003!re${String.fromCharCode(tag.length)}${tag}\u0000`;
      rows = () => void socket.write(row);
      end = () => void socket.write(`\u0005!done${String.fromCharCode(tag.length)}${tag}\u0000`);
      return [];
    });
    const { link } = await connect(server, clock);
    let seen = 0;
    const listing = command(link, ['/print'], calm, () => seen++);
    await vi.waitUntil(() => rows !== undefined);
    for (let round = 1; round <= 10; round++) {
      await clock.advance(25_000);
      rows?.();
      await vi.waitUntil(() => seen === round);
    }
    end?.();
    await expect(listing).resolves.toEqual({ ret: undefined, trap: undefined });
  });

  it('does not end a connection that is idle, however long', async () => {
    await using router = await startRouterOs();
    const { link, clock } = await connect(router);
    await ask(link);
    await clock.advance(24 * 3600 * 1000);
    await ask(link);
    expect(link.error).toBeUndefined();
    await link.close();
  });

  it('closes also when the router does not', async () => {
    await using router = await startRouterOs();
    const { link, clock } = await connect(router);
    router.hang();
    const closing = link.close();
    await clock.advance(1000);
    await closing;
    expect(link.error).toBeInstanceOf(TransientError);
    await link.close();
  });

  it('lets go of a command whose caller has given up, and goes on', async () => {
    await using router = await startRouterOs();
    const { link } = await connect(router);
    const stop = new AbortController();
    const given = command(link, ['/system/resource/print'], stop.signal);
    stop.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    await ask(link);
    await link.close();
  });

  it('gives the memory of what was received back, but not of a part of something larger', async () => {
    await using router = await startRouterOs();
    const { link } = await connect(router);
    const whole = Buffer.from(new ArrayBuffer(4));
    const part = Buffer.from(new ArrayBuffer(8), 0, 4);
    link.receive(whole);
    link.receive(part);
    expect([whole.length, part.length]).toEqual([0, 4]);
    await link.close();
  });
});
