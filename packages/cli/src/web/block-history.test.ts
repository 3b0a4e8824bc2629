import type { OriginCount } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { BlockHistory } from './block-history.ts';

const second = 1000;

function counts(local: number): readonly OriginCount[] {
  return [
    { origin: 'crowdsec', family: 4, count: local },
    { origin: 'cscli', family: 6, count: 2 },
    { origin: 'lists:firehol', family: 4, count: 30 },
    { origin: 'CAPI', family: 4, count: 400 },
    { origin: 'CAPI', family: 6, count: 5 },
  ];
}

describe('BlockHistory', () => {
  it('samples every ten seconds and every two minutes, by group of origins', () => {
    const history = new BlockHistory();
    let asked = 0;
    for (let now = 0; now <= 240 * second; now += 5 * second) {
      history.sample(now, () => {
        asked += 1;
        return counts(now / second);
      });
    }
    const { recent, day } = history.toJSON();
    expect(recent.times).toHaveLength(25);
    expect(day.times).toEqual([0, 120 * second, 240 * second]);
    expect(day.groups).toEqual({
      local: [0, 120, 240],
      manual: [2, 2, 2],
      lists: [30, 30, 30],
      community: [405, 405, 405],
    });
    expect(day.ipv6).toEqual([7, 7, 7]);
    expect(asked).toBe(25);
  });

  it('forgets the oldest, and never grows', () => {
    const history = new BlockHistory();
    for (let now = 0; now < 200 * 10 * second; now += 10 * second) history.sample(now, () => counts(now));
    const { recent } = history.toJSON();
    expect(recent.times).toHaveLength(180);
    expect(recent.times[0]).toBe(20 * 10 * second);
    expect(recent.times.at(-1)).toBe(199 * 10 * second);
    expect(recent.groups.local).toEqual(recent.times);
  });

  it('begins anew when the clock is set back, so that time only goes forward', () => {
    const history = new BlockHistory();
    history.sample(1000 * second, () => counts(1));
    history.sample(10 * second, () => counts(2));
    history.sample(20 * second, () => counts(3));
    expect(history.toJSON().recent.times).toEqual([10 * second, 20 * second]);
  });
});
