import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault, ModelLapi } from '../test/model-lapi.ts';
import { setupStream } from '../test/stream-setup.ts';
import type { Network } from './net/network.ts';
import type { DecisionStream } from './stream.ts';

const VALUES = ['203.0.113.7', '203.0.113.8', '2001:db8::1', '198.51.100.0/24'] as Network[];
/** LAPI cuts a second off, we round one up and add one: how late a block may end at most, in ms. */
const LATE = 3000;

const fault = fc.constantFrom<Fault>('none', 'none', 'refused', 'lost', 'cut', 'denied', 'odd');
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ban' as const),
      value: fc.constantFrom(...VALUES),
      seconds: fc.integer({ min: 1, max: 90 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('unban' as const), which: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), milliseconds: fc.integer({ min: 1, max: 30_000 }) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('poll' as const), fault }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('request' as const) }) },
);

/** Every live decision that a completed pull told us of is in the set. */
function check(lapi: ModelLapi, stream: DecisionStream, now: number): void {
  for (const { id, value, until } of lapi.rows) {
    if (until > now && lapi.delivered.has(id))
      expect(stream.set.decisionsOn(value as Network).map((each) => each.id)).toContain(id);
  }
}

describe('decision stream, whatever goes wrong', () => {
  it('never misses a live decision that it was told of, and comes to hold what LAPI holds', async () => {
    const signal = new AbortController().signal;
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 50 }), async (commands) => {
        const { clock, lapi, stream } = setupStream();
        for (const next of commands) {
          // No two things happen at the same moment: LAPI's `created_at > last_pull` would be a toss-up.
          await clock.advance(1);
          if (next.do === 'ban') lapi.ban(next.value, next.seconds);
          if (next.do === 'unban' && lapi.rows.length > 0) lapi.unban(lapi.rows[next.which % lapi.rows.length]!);
          if (next.do === 'request') stream.requestFull('test');
          if (next.do === 'pass') {
            await clock.advance(next.milliseconds);
            stream.expire();
          }
          if (next.do === 'poll') {
            lapi.faults.push(next.fault);
            await stream.poll(signal).catch(() => undefined);
            lapi.faults.length = 0;
          }
          check(lapi, stream, clock.now());
        }
        // Quiet: one good pull, and what ended in the meantime has gone after the seconds by which it may be late.
        await clock.advance(1);
        await stream.poll(signal);
        await clock.advance(LATE);
        stream.expire();
        check(lapi, stream, clock.now());
        for (const value of VALUES) {
          const held = stream.set.decisionsOn(value).map(({ id }) => id);
          const alive = (margin: number) =>
            lapi.rows.filter((row) => row.value === value && row.until > clock.now() - margin);
          for (const { id } of alive(0)) expect(held).toContain(id);
          for (const id of held) expect(alive(LATE).map((row) => row.id)).toContain(id);
        }
      }),
      { numRuns: 400 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });
});
