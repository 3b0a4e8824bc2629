import { DecisionSet, instantNow, ManualClock } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import type { ControllerStatus, TargetStatus } from '@bouncer/engine';
import type { StatusSource } from './status-source.ts';

/** One device in step, for tests. */
export function targetStatus(change: Partial<TargetStatus> = {}): TargetStatus {
  return {
    name: 'mikrotik 192.168.88.1',
    state: 'in-step',
    desired: 3,
    held: 3,
    skipped: {},
    refused: 0,
    guardHolds: 0,
    writes: { created: 5, updated: 1, deleted: 2 },
    failures: 0,
    concerns: [],
    facts: {},
    ...change,
  };
}

/** A source whose status a test sets as it likes. */
export interface FakeSource extends StatusSource {
  readonly clock: ManualClock;
  now: ControllerStatus;
}

/** A connector that has been up for a minute, in step with one device, with three networks to block. */
export function fakeSource(change: Partial<ControllerStatus> = {}): FakeSource {
  const clock = new ManualClock();
  const set = new DecisionSet();
  const end = instantNow(clock) + 3600;
  set.add('45.83.64.1' as Network, 1, end, 'crowdsec', 'crowdsecurity/ssh-bf');
  set.add('45.83.66.0/24' as Network, 2, end, 'lists', 'firehol');
  set.add('2a01:4f8::/32' as Network, 3, end, 'CAPI', 'crowdsecurity/http-probing');
  const source: FakeSource = {
    clock,
    set,
    title: 'MikroTik RouterOS',
    type: 'crowdsec-mikrotik-bouncer',
    version: '0.1.0',
    status: () => source.now,
    heldBy: () => [...set.entries()].map(({ network }) => network),
    holders: () => source.now.targets.map(({ name, state }) => ({ name, holds: state === 'in-step' })),
    now: {
      startedAt: clock.wall() - 60_000,
      ready: true,
      updateFrequency: 10,
      stream: {
        state: 'ok',
        pulls: 7,
        fullPulls: 2,
        failures: { timeout: 3 },
        lastPullAt: clock.wall() - 4000,
        lastFullAt: clock.wall() - 60_000,
        nextPullAt: clock.wall() + 6000,
        decisions: 3,
        skipped: { 'not-an-address': 1 },
      },
      targets: [targetStatus()],
      ...change,
    },
  };
  return source;
}
