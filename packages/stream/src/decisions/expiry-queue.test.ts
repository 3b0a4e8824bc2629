import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Network } from '../net/network.ts';
import { ExpiryQueue } from './expiry-queue.ts';

const network = '203.0.113.7' as Network;

describe('expiry queue', () => {
  it('gives what is due, earliest first, and nothing that is not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { maxLength: 60 }),
        fc.array(fc.nat(120), { maxLength: 10 }),
        (times, steps) => {
          const queue = new ExpiryQueue();
          const waiting = times.map((time, id) => ({ time, id }));
          for (const { time, id } of waiting) queue.push(time, network, id);
          for (const now of steps.sort((a, b) => a - b)) {
            const due: number[] = [];
            for (let next = queue.takeDue(now); next; next = queue.takeDue(now)) due.push(times[next.id]!);
            expect(due).toEqual(
              waiting
                .filter(({ time }) => time <= now)
                .map(({ time }) => time)
                .sort((a, b) => a - b),
            );
            waiting.splice(0, waiting.length, ...waiting.filter(({ time }) => time > now));
            expect(queue.size).toBe(waiting.length);
            expect(queue.next).toBe(Math.min(...waiting.map(({ time }) => time)));
          }
        },
      ),
    );
  });

  it('grows beyond its first size, and starts again from nothing', () => {
    const queue = new ExpiryQueue();
    for (let id = 0; id < 5000; id++) queue.push(5000 - id, network, id);
    expect([queue.size, queue.next]).toEqual([5000, 1]);
    expect(queue.takeDue(1)).toEqual({ network, id: 4999 });
    queue.clear();
    queue.push(70, network, 1);
    queue.push(60, network, 2);
    expect([queue.size, queue.takeDue(100)?.id, queue.takeDue(100)?.id, queue.takeDue(100)]).toEqual([
      2,
      2,
      1,
      undefined,
    ]);
  });

  it('passes over what is far away, and asks for everything again when that comes near', () => {
    const queue = new ExpiryQueue();
    expect(queue.isOver(1000)).toBe(true);
    queue.push(4599, network, 1);
    queue.push(4600, network, 2);
    expect([queue.size, queue.isOver(4598), queue.takeDue(4599)?.id, queue.next]).toEqual([1, false, 1, 4600]);
    expect(queue.isOver(4600)).toBe(true);
    queue.clear();
    expect(queue.next).toBe(8200);
    queue.push(4600, network, 2);
    expect(queue.takeDue(4600)?.id).toBe(2);
  });
});
