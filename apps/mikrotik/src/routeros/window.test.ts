import { describe, expect, it } from 'vitest';
import { Window } from './window.ts';

/** A router that works on one command at a time: latency is the queue's length times the cost of one. */
function serve(window: Window, commands: number, cost: number): void {
  for (let index = 0; index < commands; index++) window.settled(window.size * cost, window.size);
}

describe('Window', () => {
  it('starts at 8 and grows as long as all that is on its way is answered within 100 ms', () => {
    const window = new Window();
    expect(window.size).toBe(8);
    serve(window, 10_000, 0.25);
    expect(window.size * 0.25).toBeGreaterThan(90);
    expect(window.size * 0.25).toBeLessThan(115);
    const quick = new Window();
    serve(quick, 2000, 0.02);
    expect(quick.size).toBe(512);
  });

  it('stops growing once the queue is worth 100 ms', () => {
    const window = new Window();
    serve(window, 5000, 8);
    expect(window.size).toBeGreaterThanOrEqual(8);
    expect(window.size).toBeLessThan(16);
  });

  it('halves again and again when a command costs far more than it used to, but goes on', () => {
    const window = new Window();
    serve(window, 5000, 0.25);
    const before = window.size;
    serve(window, 1000, 2);
    expect(window.size).toBeLessThan(before / 2);
    serve(window, 200, 200);
    expect(window.size).toBe(2);
  });

  it('learns a new cost that stays, and grows again', () => {
    const window = new Window();
    serve(window, 1000, 0.25);
    serve(window, 600, 3);
    const low = window.size;
    serve(window, 5000, 0.5);
    expect(window.size).toBeGreaterThan(low);
  });

  it('does not mind a clock that stands still', () => {
    const window = new Window();
    serve(window, 100, 0);
    expect(window.size).toBeGreaterThan(8);
  });
});
