import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Executor } from './executor.ts';
import type { Job } from './executor.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function jobs(executor: Executor, count: number, cost: number): { done: number } {
  const state = { done: 0 };
  const job: Job = { cost: () => cost, run: () => (state.done += 1) };
  for (let index = 0; index < count; index += 1) executor.submit(job);
  return state;
}

describe('the one thread', () => {
  it('does exactly 1 / cost commands, however coarse the timers', () => {
    const executor = new Executor();
    const state = jobs(executor, 1000, 0.25);
    for (const [ms, done] of [
      [10, 40],
      [90, 400],
      [7, 428],
      [143, 1000],
    ] as const) {
      vi.advanceTimersByTime(ms);
      expect(state.done).toBeGreaterThanOrEqual(done - 4);
      expect(state.done).toBeLessThanOrEqual(done);
    }
    vi.advanceTimersByTime(2);
    expect(state.done).toBe(1000);
  });

  it('idle time is not saved up', () => {
    const executor = new Executor();
    jobs(executor, 1, 10);
    vi.advanceTimersByTime(1000);
    const state = jobs(executor, 10, 10);
    vi.advanceTimersByTime(50);
    expect(state.done).toBeLessThanOrEqual(5);
    vi.advanceTimersByTime(55);
    expect(state.done).toBe(10);
  });

  it('executes in order of arrival, asking the cost when the turn comes', () => {
    const executor = new Executor();
    const seen: string[] = [];
    let cost = 1;
    executor.submit({ cost: () => cost, run: () => (cost = 100) });
    executor.submit({ cost: () => cost, run: () => seen.push('second') });
    executor.submit({ cost: () => 0, run: () => seen.push('third') });
    vi.advanceTimersByTime(50);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(60);
    expect(seen).toEqual(['second', 'third']);
  });

  it('lets a short command of one session pass a long one of another, and the long one has its time as well', () => {
    const executor = new Executor();
    const [looks, writes] = [{}, {}];
    const seen: string[] = [];
    executor.submit({ cost: () => 1000, run: () => seen.push('scan') }, looks);
    executor.submit({ cost: () => 1, run: () => seen.push('behind it') }, looks);
    vi.advanceTimersByTime(100);
    for (let count = 0; count < 100; count += 1)
      executor.submit({ cost: () => 1, run: () => seen.push('add') }, writes);
    vi.advanceTimersByTime(20);
    expect(seen.length).toBeGreaterThanOrEqual(5);
    vi.advanceTimersByTime(200);
    expect(seen.filter((what) => what === 'add')).toHaveLength(100);
    expect(seen).not.toContain('scan');
    vi.advanceTimersByTime(770);
    expect(seen).not.toContain('scan');
    vi.advanceTimersByTime(15);
    expect(seen.slice(-2)).toEqual(['scan', 'behind it']);
  });

  it('pauses, resumes, forgets', () => {
    const executor = new Executor();
    executor.pause();
    const state = jobs(executor, 3, 1);
    vi.advanceTimersByTime(100);
    expect(state.done).toBe(0);
    executor.resume();
    vi.advanceTimersByTime(10);
    expect(state.done).toBe(3);
    jobs(executor, 5, 1);
    executor.clear();
    expect(executor.waiting).toBe(0);
  });
});
