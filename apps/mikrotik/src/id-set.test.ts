import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSet } from './id-set.ts';

describe('IdSet', () => {
  it('has what was added, in whatever order, and nothing else', () => {
    const id = fc.oneof(fc.nat(4000), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.array(id, { maxLength: 3000 }), fc.array(id), (added, asked) => {
        const ids = new IdSet();
        for (const each of added) ids.add(each);
        const expected = new Set(added);
        expect(ids.size).toBe(added.length);
        for (const each of [...added, ...asked]) expect(ids.has(each)).toBe(expected.has(each));
      }),
    );
  });
});
