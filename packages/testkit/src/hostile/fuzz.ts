import fc from 'fast-check';

/** `FUZZ_SCALE=50` tries fifty times as many; the seed of a failure is printed by fast-check and given by `FUZZ_SEED`. */
const scale = Number(process.env['FUZZ_SCALE'] ?? '1');
const seed = process.env['FUZZ_SEED'];

/**
 * Tries a property on `runs` inputs (times FUZZ_SCALE) and says how many there were. `what` is printed in front.
 */
export async function fuzz<T>(
  what: string,
  inputs: fc.Arbitrary<T>,
  holds: (input: T) => void | Promise<void>,
  runs = 1000,
): Promise<void> {
  const numRuns = Math.max(1, Math.round(runs * scale));
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      await holds(input);
    }),
    {
      numRuns,
      ...(seed !== undefined && { seed: Number(seed) }),
    },
  );
  told(what, numRuns);
}

/** For those that try inputs in a batch of their own: says how many. */
export function told(what: string, inputs: number): void {
  process.stdout.write(`fuzz: ${inputs.toLocaleString('en')} inputs: ${what}\n`);
}

/** Some inputs at once, for a program that is too slow to be started for each: as many as `fuzz` would try. */
export function samples<T>(what: string, inputs: fc.Arbitrary<T>, runs: number): T[] {
  const count = Math.max(1, Math.round(runs * scale));
  told(what, count);
  return fc.sample(inputs, { numRuns: count, ...(seed !== undefined && { seed: Number(seed) }) });
}
