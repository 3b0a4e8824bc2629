import { MemoryTarget, type ApplyReport, type Changes, type Current, type Target } from '@bouncer/target';
import { instantNow, ManualClock } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { targetContract } from './target-contract.ts';
import type { TargetFixture } from './target-contract/fixture.ts';

/** The reference target with a device's habits: it drops entries at their end, refuses some, and counts writes. */
class Device extends MemoryTarget implements Target {
  readonly clock = new ManualClock();
  readonly refuses = new Set<Network>();
  writes = 0;

  constructor() {
    super({ capabilities: { expires: true } });
  }

  override list(signal: AbortSignal): Promise<Current> {
    for (const [network, held] of this.rows) if (held.expiresAt <= instantNow(this.clock)) this.rows.delete(network);
    return super.list(signal);
  }

  override async apply(changes: Changes, report: ApplyReport, signal: AbortSignal): Promise<void> {
    for (const { network } of changes.create) if (this.refuses.has(network)) report.refused(network, 'not today');
    const create = changes.create.filter(({ network }) => !this.refuses.has(network));
    await super.apply({ ...changes, create }, report, signal);
    this.writes += create.length + changes.update.length + changes.delete.length;
  }
}

targetContract('a device that lets entries end', (): TargetFixture => {
  const target = new Device();
  return {
    target,
    clock: target.clock,
    advance: (milliseconds) => target.clock.advance(milliseconds),
    refuse: (network) => void target.refuses.add(network),
    wipe: () => {
      target.rows.clear();
      return Promise.resolve();
    },
    writes: () => target.writes,
  };
});

/** The reference target as it is, for IPv6 addresses only. */
class Plain extends MemoryTarget {
  writes = 0;

  override async apply(changes: Changes, report: ApplyReport, signal: AbortSignal): Promise<void> {
    await super.apply(changes, report, signal);
    this.writes += changes.create.length + changes.update.length + changes.delete.length;
  }
}

targetContract('a list without ends', (): TargetFixture => {
  const target = new Plain({ capabilities: { families: [6], ranges: false } });
  return {
    target,
    clock: new ManualClock(),
    wipe: () => {
      target.rows.clear();
      return Promise.resolve();
    },
    writes: () => target.writes,
  };
});
