import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { everyByte } from './chunking.ts';
import { Outlet } from './outlet.ts';
import { ReplyQueue } from './reply-queue.ts';

/** A socket whose writes are seen one by one; nobody reads it unless told to. */
function socketOf(): { socket: Socket; writes: string[] } {
  const writes: string[] = [];
  const stream = new PassThrough({ highWaterMark: 1 });
  stream.write = new Proxy(stream.write.bind(stream), {
    apply(write, _, [bytes, callback]: [Buffer, () => void]) {
      writes.push(bytes.toString());
      return write(bytes, callback);
    },
  });
  return { socket: stream as unknown as Socket, writes };
}

const nothing = () => undefined;

describe('the way out', () => {
  it('gathers the replies of one turn', async () => {
    const { socket, writes } = socketOf();
    const outlet = new Outlet(socket, {}, nothing);
    outlet.write(Buffer.from('ab'));
    outlet.write(Buffer.from('cd'));
    expect(writes).toEqual([]);
    await Promise.resolve();
    expect(writes).toEqual(['abcd']);
  });

  it('sends segments one after the other: the next when the last is out', async () => {
    const { socket, writes } = socketOf();
    const outlet = new Outlet(socket, { chunking: everyByte }, nothing);
    outlet.write(Buffer.from('abc'));
    await Promise.resolve();
    outlet.write(Buffer.from('d'));
    await Promise.resolve();
    expect(writes).toEqual(['a']);
    expect(outlet.full).toBe(true);
    outlet.end();
    socket.resume();
    await once(socket, 'finish');
    expect(writes).toEqual(['a', 'b', 'c', 'd']);
  });

  it('holds everything back until it is released, then ends', async () => {
    const { socket, writes } = socketOf();
    const outlet = new Outlet(socket, { latencyMs: 1 }, nothing);
    outlet.hold();
    outlet.write(Buffer.from('late'));
    await new Promise(setImmediate);
    expect(writes).toEqual([]);
    outlet.release();
    outlet.end();
    outlet.write(Buffer.from('too late'));
    await once(socket.resume(), 'finish');
    expect(writes).toEqual(['late']);
    expect(outlet.closed).toBe(true);
  });
});

describe('long replies', () => {
  function* sentences(name: string, count: number, made: string[]): Generator<Buffer> {
    for (let index = 0; index < count; index += 1) {
      made.push(name);
      yield Buffer.alloc(1024, name);
    }
  }

  it('are made no faster than the reader takes them', async () => {
    const { socket } = socketOf();
    const made: string[] = [];
    let queue: ReplyQueue | undefined = undefined as ReplyQueue | undefined;
    const outlet = new Outlet(socket, {}, () => queue?.pump());
    queue = new ReplyQueue(outlet, true);
    let finished = false;
    queue.sendLong({ tag: 'a', sentences: sentences('a', 5000, made), finished: () => (finished = true) });
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(made.length).toBeLessThan(1000);
    socket.resume();
    await expect.poll(() => finished).toBe(true);
    expect(made).toHaveLength(5000);
  });

  it('take turns when both have a tag, and wait for each other when not', async () => {
    const { socket } = socketOf();
    socket.resume();
    for (const [tag, takesTurns] of [
      ['b', true],
      [undefined, false],
    ] as const) {
      const made: string[] = [];
      const queue = new ReplyQueue(new Outlet(socket, {}, nothing), true);
      const ends: string[] = [];
      queue.sendLong({ tag: 'a', sentences: sentences('a', 600, made), finished: () => ends.push('a') });
      queue.sendLong({ tag, sentences: sentences('b', 600, made), finished: () => ends.push('b') });
      await expect.poll(() => ends).toEqual(['a', 'b']);
      expect(made.indexOf('b') < made.lastIndexOf('a')).toBe(takesTurns);
    }
  });
});
