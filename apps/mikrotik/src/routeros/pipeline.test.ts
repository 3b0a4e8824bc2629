import { ManualClock, TransientError } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import type { Link, Listener, Reply } from './link.ts';
import { runPipeline } from './pipeline.ts';
import type { Operation } from './pipeline.ts';
import { Window } from './window.ts';

/** A link that keeps what is sent until the test answers it. */
class FakeLink {
  readonly sent: { words: readonly string[]; listener: Listener }[] = [];
  most = 0;

  send(words: readonly string[], listener: Listener): void {
    this.sent.push({ words, listener });
    this.most = Math.max(this.most, this.sent.length);
  }

  answer(reply: Reply = {}): string {
    const next = this.sent.shift()!;
    next.listener.done(reply);
    return next.words[0] ?? '';
  }
}

function start(operations: Operation[], signal = new AbortController().signal): { link: FakeLink; run: Promise<void> } {
  const link = new FakeLink();
  const next = (): Operation | undefined => operations.shift();
  return { link, run: runPipeline(link as unknown as Link, next, new Window(), new ManualClock(), signal) };
}

function operations(count: number, settle: (reply: Reply, index: number) => void = () => {}): Operation[] {
  return Array.from({ length: count }, (_, index) => ({
    words: [String(index)],
    settle: (reply) => {
      settle(reply, index);
    },
  }));
}

describe('runPipeline', () => {
  it('sends in order, never more than the window at once, and ends when all is answered', async () => {
    const settled: number[] = [];
    const { link, run } = start(operations(500, (_, index) => settled.push(index)));
    expect(link.sent).toHaveLength(8);
    const order: string[] = [];
    while (link.sent.length > 0) order.push(link.answer());
    await run;
    expect(order).toEqual(Array.from({ length: 500 }, (_, index) => String(index)));
    expect(settled).toHaveLength(500);
    expect(link.most).toBeLessThanOrEqual(512);
  });

  it('ends at once when there is nothing to do', async () => {
    await start([]).run;
  });

  it('runs what a reply has led to, also when nothing else was left', async () => {
    const queue: Operation[] = [];
    let done = 0;
    const more: Operation = { words: ['more'], settle: () => done++ };
    queue.push({ words: ['first'], settle: () => queue.push(more, more) });
    const link = new FakeLink();
    const signal = new AbortController().signal;
    const run = runPipeline(link as unknown as Link, () => queue.shift(), new Window(), new ManualClock(), signal);
    while (link.sent.length > 0) link.answer();
    await run;
    expect(done).toBe(2);
  });

  it('stops with the error of a settle and sends nothing more', async () => {
    const { link, run } = start(
      operations(100, (_, index) => {
        if (index === 3) throw new Error('no write policy');
      }),
    );
    for (let index = 0; index < 4; index++) link.answer();
    await expect(run).rejects.toThrow('no write policy');
    const left = link.sent.length;
    while (link.sent.length > 0) link.answer();
    expect(left).toBeLessThanOrEqual(8);
  });

  it('stops with the error of the connection', async () => {
    const { link, run } = start(operations(100));
    for (const { listener } of link.sent) listener.failed(new TransientError('lost'));
    await expect(run).rejects.toThrow('lost');
    expect(link.sent).toHaveLength(8);
  });

  it('stops when it is told to, at once or before it begins', async () => {
    const stop = new AbortController();
    let settled = 0;
    const { link, run } = start(
      operations(100, () => settled++),
      stop.signal,
    );
    link.answer();
    stop.abort(new Error('stopped'));
    await expect(run).rejects.toThrow('stopped');
    while (link.sent.length > 0) link.answer();
    expect(settled).toBe(1);
    const late = start(operations(1), stop.signal);
    await expect(late.run).rejects.toThrow('stopped');
    expect(late.link.sent).toEqual([]);
  });
});
