import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { RuleWatch } from './rule-watch.ts';

const { signal } = new AbortController();

describe('rules that are seen by an API', () => {
  it('are looked at every five minutes, and what was seen last is the concern', async () => {
    const clock = new ManualClock();
    const steps: CheckStep[] = [
      failed('rule', 'no rule uses it', 'add one'),
      warned('rule', 'may not see', 'allow it'),
      passed('rule', 'blocks'),
    ];
    let looks = 0;
    const watch = new RuleWatch(() => {
      const step = steps[looks] ?? passed('rule', 'blocks');
      looks += 1;
      return Promise.resolve(step);
    }, clock);
    expect(watch.concerns()).toEqual([]);
    await watch.refresh(signal);
    expect(watch.concerns()).toEqual([{ level: 'fail', seen: 'no rule uses it', fix: 'add one' }]);
    await clock.advance(299_000);
    await watch.refresh(signal);
    expect(looks).toBe(1);
    await clock.advance(1000);
    await watch.refresh(signal);
    expect(watch.concerns()).toEqual([{ level: 'warn', seen: 'may not see', fix: 'allow it' }]);
    await clock.advance(300_000);
    await watch.refresh(signal);
    expect(watch.concerns()).toEqual([]);
  });
});
