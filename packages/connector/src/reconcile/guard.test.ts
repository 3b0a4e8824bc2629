import { describe, expect, it } from 'vitest';
import { guardRemovals } from './guard.ts';
import type { GuardMemory } from './guard.ts';

function ask(removals: number, held: number, pull: number, memory?: GuardMemory, maxPercent = 50) {
  return guardRemovals({ removals, held, maxPercent, pull }, memory);
}

describe('guardRemovals', () => {
  it('lets the usual changes through', () => {
    expect(ask(50, 100, 1)).toBeUndefined();
    expect(ask(0, 30_000, 1)).toBeUndefined();
  });

  it('lets a small list change as a whole', () => {
    expect(ask(99, 99, 1)).toBeUndefined();
  });

  it('holds a pull that would remove more than the share', () => {
    expect(ask(51, 100, 1)).toMatchObject({ confirmed: false });
    expect(ask(100, 100, 1)).toMatchObject({ confirmed: false });
  });

  it('goes on holding while there is no second pull', () => {
    const first = ask(900, 1000, 7);
    expect(ask(900, 1000, 7, first)).toMatchObject({ confirmed: false });
  });

  it('lets it through when a second pull agrees', () => {
    const first = ask(900, 1000, 7);
    const second = ask(905, 1000, 8, first);
    expect(second).toMatchObject({ confirmed: true });
    // The removals may take several attempts; they stay confirmed.
    expect(ask(880, 960, 8, second)).toMatchObject({ confirmed: true });
  });

  it('starts anew when the second pull says something else', () => {
    const first = ask(900, 1000, 7);
    expect(ask(600, 1000, 8, first)).toMatchObject({ pull: 8, confirmed: false });
  });

  it('forgets when the second pull is whole again', () => {
    expect(ask(0, 1000, 8, ask(900, 1000, 7))).toBeUndefined();
  });

  it('can be switched off', () => {
    expect(ask(1000, 1000, 1, undefined, 100)).toBeUndefined();
  });
});
