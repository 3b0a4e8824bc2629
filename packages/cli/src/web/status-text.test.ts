import { instantNow } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { lookUp } from './lookup.ts';
import { fakeSource, targetStatus } from './testing.ts';
import { RecentChanges } from './recent-changes.ts';
import { statusReport } from './status-json.ts';
import { statusText } from './status-text.ts';

const none = new Map();
const hostile = 'a\n45.83.64.7 is not blocked\u202e\u001b[2J';

describe('the plain text', () => {
  it('shows LAPI, each device, the counts and the last changes', () => {
    const source = fakeSource();
    const changes = new RecentChanges();
    const at = source.clock.wall() - 3000;
    changes.add({
      at,
      target: 'b',
      action: 'blocked',
      network: '45.83.64.1' as Network,
      origin: 'crowdsec',
      scenario: 'x',
    });
    source.now = { ...source.now, targets: [targetStatus({ name: 'a' }), targetStatus({ name: 'b', state: 'away' })] };
    const page = statusText(statusReport(source, none), changes.list());
    for (const text of [
      'Partly protecting: MikroTik RouterOS\n',
      'b does not answer',
      'up 60 s',
      '4 s ago',
      'in 6 s',
      '\n\na\n',
      '\n\nb\n',
      'away',
      'lists:firehol',
    ]) {
      expect(page).toContain(text);
    }
    expect(page).toContain('3 s ago');
    expect(page).toContain('3 of 3 networks are blocked');
  });

  it('keeps foreign text on its line, wherever it comes from', () => {
    const source = fakeSource();
    source.set.add('45.83.64.9' as Network, 9, instantNow(source.clock) + 60, hostile, hostile);
    const event = {
      at: 1,
      target: hostile,
      action: 'blocked',
      network: '45.83.64.9' as Network,
      origin: hostile,
      scenario: hostile,
    };
    const lastError = { message: hostile, hint: hostile, at: 1 };
    source.now = {
      ...source.now,
      ready: false,
      stream: { ...source.now.stream, lastError, skipped: { [hostile]: 1 } },
      targets: [
        targetStatus({
          name: hostile,
          lastError,
          skipped: { [hostile]: 1 },
          facts: { [hostile]: hostile },
          state: 'away',
        }),
      ],
    };
    const report = statusReport(source, new Map([[hostile, [{ family: 4, origin: hostile, packets: 1, bytes: 1 }]]]));
    for (const asked of [hostile, '45.83.64.9']) {
      const text = statusText(report, [{ ...event, action: 'blocked' }], lookUp(source, asked));
      expect(text).toContain('a\ufffd45.83.64.7');
      expect(text).not.toMatch(/^45\.83\.64\.7|[\u202e\u001b]/m);
    }
  });

  it('answers a look-up: by which decision, until when, on which device', () => {
    const source = fakeSource();
    const answer = (asked: string): string => statusText(statusReport(source, none), [], lookUp(source, asked));
    const end = new Date(source.clock.wall() + 3600_000).toISOString().slice(0, 19).replace('T', ' ');
    expect(answer('45.83.66.77')).toContain('is blocked on mikrotik 192.168.88.1');
    expect(answer('45.83.66.77')).toContain(
      `45.83.66.0/24 by lists (firehol), decision 2, until ${end} UTC, for another 60 min`,
    );
    expect(answer('2a01:4f8:1::1')).toContain('2a01:4f8::/32 by CAPI');
    expect(answer('45.83.67.1')).toContain('is not blocked');
    expect(answer('evil')).toContain('What was asked for is not an address');
  });
});

describe('lookUp', () => {
  it('finds every decision around an address, narrowest first', () => {
    const source = fakeSource();
    const { set, clock } = source;
    const end = instantNow(clock) + 100;
    set.add('45.83.66.5' as Network, 10, end, 'cscli', 'by hand');
    set.add('45.83.66.5' as Network, 11, end, 'CAPI', 'x');
    set.add('45.0.0.0/8' as Network, 12, end, 'cscli', 'wide');
    const found = lookUp(source, ' 45.83.66.5 ').decisions;
    expect(found.map(({ id }) => id)).toEqual([10, 11, 2, 12]);
    expect(found[0]?.expiresAt).toBe(clock.wall() + 100_000);
    expect(lookUp(source, '45.83.66.0/25').decisions.map(({ id }) => id)).toEqual([2, 12]);
    expect(lookUp(source, '::ffff:45.83.66.5').network).toBe('45.83.66.5');
  });
});

describe('RecentChanges', () => {
  it('keeps the newest, newest first', () => {
    const changes = new RecentChanges(3);
    const event = {
      target: 'a',
      action: 'blocked',
      network: '45.83.64.1' as Network,
      origin: '',
      scenario: '',
    } as const;
    for (let at = 1; at <= 5; at += 1) changes.add({ ...event, at });
    expect(changes.list().map(({ at }) => at)).toEqual([5, 4, 3]);
    expect(changes.since(4)).toMatchObject({ changes: [{ at: 5 }], missed: 0 });
    expect(changes.since(1)).toMatchObject({ changes: [{ at: 5 }, { at: 4 }, { at: 3 }], missed: 1 });
    expect(changes.since(5)).toEqual({ changes: [], missed: 0 });
  });
});
