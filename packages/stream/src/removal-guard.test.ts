import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardRemovals, isRipe } from './removal-guard.ts';
import type { HeldRemovals, RemovalQuestion } from './removal-guard.ts';

const HOLD = 600_000;

function ask(removals: number, held: number, more: Partial<RemovalQuestion> = {}, memory?: HeldRemovals) {
  const question = { maxPercent: 50, holdMs: HOLD, now: 0, calmSince: -Infinity, pull: 1, ...more };
  return guardRemovals({ removals, held, ...question }, memory);
}

describe('guardRemovals', () => {
  it.each([
    [50, 100],
    [0, 30_000],
    [99, 99],
  ])('lets %i removals of %i through: usual changes, and small lists as a whole', (removals, held) => {
    expect(ask(removals, held)).toBeUndefined();
  });

  it('holds a pull that would remove more than the share', () => {
    expect(ask(51, 100)).toMatchObject({ removals: 51, held: 100, since: 0, until: HOLD, confirmed: false });
  });

  it('can be switched off', () => {
    expect(ask(1000, 1000, { maxPercent: 100 })).toBeUndefined();
  });

  it('is ripe only after the whole time, and after a second pull', () => {
    const first = ask(900, 1000)!;
    expect(isRipe(first, { now: HOLD - 1, pull: 9 })).toBe(false);
    expect(isRipe(first, { now: HOLD, pull: 1 })).toBe(false);
    expect(isRipe(first, { now: HOLD, pull: 2 })).toBe(true);
  });

  it('starts anew after a pull that failed: it has not agreed', () => {
    const first = ask(900, 1000)!;
    expect(ask(900, 1000, { now: 60_000, calmSince: 30_000, pull: 2 }, first)).toMatchObject({
      since: 60_000,
      pull: 2,
    });
  });

  it('ends when the list is back, not when a part of it is', () => {
    const first = ask(1000, 1000)!;
    expect(ask(400, 1000, { pull: 2 }, first)).toMatchObject({ removals: 400, until: HOLD });
    expect(ask(100, 1000, { pull: 2 }, first)).toBeUndefined();
  });

  it('goes on holding when what is held shrinks below a hundred', () => {
    expect(ask(90, 90, { pull: 2 }, ask(150, 150))).toMatchObject({ confirmed: false });
  });

  it('stays confirmed while the removals are carried out, in however many attempts', () => {
    const confirmed = { ...ask(900, 1000)!, confirmed: true };
    expect(ask(905, 1000, { pull: 3 }, confirmed)).toBe(confirmed);
    expect(ask(300, 400, { pull: 3 }, confirmed)).toBe(confirmed);
    expect(ask(10, 1000, { pull: 3 }, confirmed)).toBeUndefined();
    expect(ask(5000, 6000, { pull: 3, now: 7 }, confirmed)).toMatchObject({ confirmed: false, since: 7 });
  });

  it('never ripens before MAX_REMOVAL_HOLD of agreement without a failure, whatever comes', () => {
    const pull = fc.record({ removals: fc.nat(1000), wait: fc.nat(400_000), failed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(pull, { maxLength: 30 }), (pulls) => {
        let [now, calmSince] = [0, -Infinity];
        let agreeing = Infinity;
        let memory: HeldRemovals | undefined;
        for (const [index, { removals, wait, failed }] of pulls.entries()) {
          now += wait;
          if (failed) [calmSince, agreeing] = [now, Infinity];
          now += 1;
          memory = ask(removals, 1000, { now, calmSince, pull: index + 1 }, memory);
          agreeing = memory ? Math.min(agreeing, now) : Infinity;
          if (memory && isRipe(memory, { now, pull: index + 1 })) expect(now - agreeing).toBeGreaterThanOrEqual(HOLD);
        }
      }),
    );
  });
});
