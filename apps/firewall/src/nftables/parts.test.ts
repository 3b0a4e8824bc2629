import type { Changes } from '@bouncer/target';
import { describe, expect, it } from 'vitest';
import { partsOf } from './parts.ts';

/** The parts only cut lists, so numbers will do. */
function changes(create: number, update: number, remove: number): Changes {
  const numbers = (length: number, first: number) => Array.from({ length }, (_, index) => first + index);
  return {
    create: numbers(create, 0),
    update: numbers(update, 100),
    delete: numbers(remove, 200),
  } as unknown as Changes;
}

describe('parts of changes', () => {
  it.each([
    [0, 0, 0],
    [3, 0, 0],
    [0, 0, 7],
    [5, 5, 5],
    [1, 9, 1],
    [11, 0, 12],
  ])('%d, %d and %d: all of it once, in order, removals last', (create, update, remove) => {
    const whole = changes(create, update, remove);
    const parts = [...partsOf(whole, 4)];
    const sizes = parts.map((part) => part.create.length + part.update.length + part.delete.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
    expect(parts).toHaveLength(Math.max(1, Math.ceil((create + update + remove) / 4)));
    const inOrder = parts.flatMap((part) => [...part.create, ...part.update, ...part.delete]);
    expect(inOrder).toEqual([...whole.create, ...whole.update, ...whole.delete]);
    expect(parts.flatMap((part) => part.delete)).toEqual(whole.delete);
  });
});
