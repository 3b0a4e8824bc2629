import type { Changes } from '@bouncer/target';

/** Changes in parts of at most `most`, in the order in which they are done: removals last. At least one part, if empty. */
export function* partsOf<Ref>({ create, update, delete: remove }: Changes<Ref>, max: number): Generator<Changes<Ref>> {
  const total = create.length + update.length + remove.length;
  for (let start = 0; start === 0 || start < total; start += max) {
    const [afterCreate, afterUpdate] = [start - create.length, start - create.length - update.length];
    yield {
      create: part(create, start, max),
      update: part(update, afterCreate, max),
      delete: part(remove, afterUpdate, max),
    };
  }
}

/** What of `items` lies between `start` and `start + most`, which may begin before the first. */
function part<T>(items: readonly T[], start: number, max: number): readonly T[] {
  return items.slice(Math.max(0, start), Math.max(0, start + max));
}
