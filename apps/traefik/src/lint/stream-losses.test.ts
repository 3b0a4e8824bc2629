import type { WireDecision } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { countLosses, printLosses } from './stream-losses.ts';

// eslint-disable-next-line @typescript-eslint/require-await -- as LAPI's client gives them
async function* decisions(
  ...values: readonly (readonly [value: string, type?: string])[]
): AsyncIterable<WireDecision> {
  for (const [id, [value, type = 'ban']] of values.entries()) {
    yield { id, origin: 'cscli', scenario: 's', scope: 'Ip', type, value, duration: '1h' };
  }
}

describe('what the plugin does not enforce in stream mode', () => {
  it('is counted by kind', async () => {
    const losses = await countLosses(
      decisions(
        ['203.0.113.7'],
        ['2001:db8::2'],
        ['198.51.100.0/24'],
        ['203.0.113.8/32'],
        ['2001:DB8::3'],
        ['FR'],
        ['203.0.113.9', 'throttle'],
      ),
    );
    expect(losses).toEqual({ total: 7, ranges: 2, spellings: 1, others: 2 });
    expect(printLosses(losses)).toBe('2 ranges, 1 addresses in another spelling (IPv6), 2 of other scopes or types');
  });

  it('is nothing when all are single addresses', async () => {
    expect(printLosses(await countLosses(decisions(['203.0.113.7'], ['2001:db8::2', 'captcha'])))).toBeUndefined();
  });
});
