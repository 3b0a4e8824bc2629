import { ManualClock, type LapiClient, type PullResult, type WireDecision } from '@bouncer/stream';
import { silentLogger, type LogFields } from '@bouncer/target';
import { expect, it } from 'vitest';
import { withPullProgress } from './pull-progress.ts';

const decision = { value: '203.0.113.7' } as WireDecision;
const result: PullResult = { decisions: 25, malformed: 0, bytes: 1000 };

it('says every ten seconds how far a long full pull is, and nothing of a short one', async () => {
  const clock = new ManualClock();
  const said: LogFields[] = [];
  const taken: WireDecision[] = [];
  const client = {
    async pullFull(_query: unknown, onDecision: (decision: WireDecision) => void) {
      for (let second = 0; second < 25; second += 1) {
        await clock.sleep(1000);
        onDecision(decision);
      }
      return result;
    },
  } as unknown as LapiClient;
  const log = { ...silentLogger, info: (fields: LogFields) => void said.push(fields) };
  const { signal } = new AbortController();
  const pull = withPullProgress(client, clock, log).pullFull({}, (each) => taken.push(each), signal);
  await clock.advance(60_000);
  expect(await pull).toBe(result);
  expect(taken).toHaveLength(25);
  expect(said.map(({ decisions }) => decisions)).toEqual([expect.any(Number), expect.any(Number)]);
  expect(Number(said[1]?.['decisions'])).toBeGreaterThan(Number(said[0]?.['decisions']));
  expect(clock.sleeping).toBe(0);
});
