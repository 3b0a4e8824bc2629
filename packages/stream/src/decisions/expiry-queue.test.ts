import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Network } from '../net/network.ts';
import { Decision } from './decision.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { Provenances } from './provenance.ts';

const provenance = new Provenances().of('cscli', 'test');

function decision(id: number, end: number): Decision {
  return new Decision('203.0.113.7' as Network, id, end, provenance, 0);
}

describe('expiry queue', () => {
  it('gives what is due, earliest first, and nothing that is not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { maxLength: 60 }),
        fc.array(fc.nat(120), { maxLength: 10 }),
        (times, steps) => {
          const queue = new ExpiryQueue();
          const waiting = times.map((time, id) => ({ time, id }));
          for (const { time, id } of waiting) queue.push(time, decision(id, time));
          for (const now of steps.sort((a, b) => a - b)) {
            const due = [];
            for (let next = queue.takeDue(now); next; next = queue.takeDue(now)) due.push(next.expiresAt);
            expect(due).toEqual(
              waiting
                .filter(({ time }) => time <= now)
                .map(({ time }) => time)
                .sort((a, b) => a - b),
            );
            waiting.splice(0, waiting.length, ...waiting.filter(({ time }) => time > now));
            expect(queue.size).toBe(waiting.length);
            expect(queue.next).toBe(waiting.length === 0 ? undefined : Math.min(...waiting.map(({ time }) => time)));
          }
        },
      ),
    );
  });

  it('grows beyond its first size, and starts again from other decisions', () => {
    const queue = new ExpiryQueue();
    for (let id = 0; id < 5000; id++) queue.push(5000 - id, decision(id, 5000 - id));
    expect([queue.size, queue.next]).toEqual([5000, 1]);
    expect(queue.takeDue(1)?.id).toBe(4999);
    queue.rebuild([decision(1, 70), decision(2, 60)]);
    expect([queue.size, queue.takeDue(100)?.id, queue.takeDue(100)?.id, queue.takeDue(100)]).toEqual([
      2,
      2,
      1,
      undefined,
    ]);
  });
});
