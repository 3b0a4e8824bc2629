import type { Network } from '@bouncer/stream';
import { expect, it } from 'vitest';
import { RecentChanges } from './recent-changes.ts';

function change(at: number, origin: string) {
  return { at, target: 'r', action: 'blocked', network: `192.0.2.${at}` as Network, origin, scenario: 's' } as const;
}

it('keeps what was detected here, however long the list that came after it', () => {
  const changes = new RecentChanges(10);
  changes.add(change(1, 'crowdsec'));
  for (let at = 2; at < 100; at += 1) changes.add(change(at, 'CAPI'));
  expect(changes.list().map(({ at }) => at)).toEqual([99, 98, 97, 96, 95, 94, 93, 92, 91, 1]);
  for (let at = 100; at < 108; at += 1) changes.add(change(at, 'crowdsec'));
  expect(changes.list().map(({ at }) => at)).toEqual([107, 106, 105, 104, 103, 102, 101, 100, 99, 98]);
  expect(changes.since(106).changes.map(({ at }) => at)).toEqual([107]);
});
