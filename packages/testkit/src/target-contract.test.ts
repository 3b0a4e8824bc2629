import {
  MemoryTarget,
  type ApplyReport,
  type Capabilities,
  type Changes,
  type Current,
  type Held,
  type HeldEntry,
  type Target,
} from '@bouncer/target';
import { instantNow, ManualClock } from '@bouncer/stream';
import type { Entry, Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { contractTests, targetContract } from './target-contract.ts';
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

  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    for (const { network } of changes.create) if (this.refuses.has(network)) report.refused(network, 'not today');
    const create = changes.create.filter(({ network }) => !this.refuses.has(network));
    await super.apply({ ...changes, create }, held, report, signal);
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

  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    await super.apply(changes, held, report, signal);
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

/** Slips that were made, or nearly: each holds and blocks as it should at first sight. */
class Trap extends MemoryTarget {
  writes = 0;
  readonly clock = new ManualClock();

  constructor() {
    super({ capabilities: { expires: true } });
  }

  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    await super.apply(changes, held, report, signal);
    this.writes += changes.create.length + changes.update.length + changes.delete.length;
  }
}

/** Keeps the entries it was given, and takes them for live: an update is in them already. */
class KeepsEntries extends Trap {
  readonly #given = new Map<Network, Entry>();

  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    for (const entry of changes.create) this.#given.set(entry.network, entry);
    await super.apply({ ...changes, update: [] }, held, report, signal);
    for (const { entry } of changes.update) {
      const row = { network: entry.network, expiresAt: this.#given.get(entry.network)?.expiresAt ?? entry.expiresAt };
      this.rows.set(entry.network, row);
      report.written(row);
    }
  }
}

/** Keeps the map of what is held, and looks into it later. */
class KeepsHeld extends Trap {
  #held: Held | undefined;

  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    this.#held ??= held;
    const known = this.#held;
    const remove = changes.delete.filter(({ network }) => known.has(network));
    await super.apply({ ...changes, delete: remove }, held, report, signal);
  }
}

/** Moves the end in the entry that it was given. */
class ChangesEntries extends Trap {
  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    for (const entry of changes.create) (entry as { expiresAt: number }).expiresAt += 1;
    await super.apply(changes, held, report, signal);
  }
}

/** Tells the whole entry as what is held: a spread is so easily written. */
class Spreads extends Trap {
  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    const spread: ApplyReport = {
      written: ({ network }) => {
        const entry = changes.create.find((one) => one.network === network) ?? { network, expiresAt: 0 };
        report.written({ ...entry });
      },
      removed: (row) => {
        report.removed(row);
      },
      refused: (network, reason) => {
        report.refused(network, reason);
      },
    };
    await super.apply(changes, held, spread, signal);
  }
}

/** Knows what it told by the very object. */
class KnowsObjects extends Trap {
  readonly #told = new WeakSet<HeldEntry>();

  override async list(signal: AbortSignal): Promise<Current> {
    const current = await super.list(signal);
    for (const row of current.held.values()) this.#told.add(row);
    return current;
  }

  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    const remove = changes.delete.filter((row) => this.#told.has(row));
    await super.apply({ ...changes, delete: remove }, held, report, signal);
  }
}

/** Keeps its own list and writes only what is new to it. */
class KeepsTwin extends Trap {
  readonly #twin = new Set<Network>();

  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    const create = changes.create.filter(({ network }) => !this.#twin.has(network));
    for (const { network } of changes.create) this.#twin.add(network);
    for (const { network } of changes.delete) this.#twin.delete(network);
    await super.apply({ ...changes, create }, held, report, signal);
    for (const entry of changes.create)
      if (!create.includes(entry)) report.written({ ...this.rows.get(entry.network)! });
  }
}

/** Renders the whole from its own list. */
class RendersTwin extends Trap {
  readonly #twin = new Map<Network, HeldEntry>();

  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    await super.apply(changes, held, report, signal);
    for (const { network } of changes.delete) this.#twin.delete(network);
    for (const { network } of [...changes.create, ...changes.update.map(({ entry }) => entry)]) {
      this.#twin.set(network, this.rows.get(network)!);
    }
    this.rows.clear();
    for (const [network, row] of this.#twin) this.rows.set(network, row);
  }
}

/** Tells with the next connection what it can take, in the same object. */
class ChangesCapabilities extends Trap {
  #capabilities: { -readonly [Key in keyof Capabilities]: Capabilities[Key] } | undefined;

  override async open(signal: AbortSignal): Promise<Capabilities> {
    this.#capabilities ??= { ...(await super.open(signal)) };
    this.#capabilities.maxEntries = 1000;
    return this.#capabilities;
  }
}

/** Does the bookkeeping itself. */
class WritesHeld extends Trap {
  override async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    await super.apply(changes, held, report, signal);
    for (const { network } of changes.delete) (held as Map<Network, HeldEntry>).delete(network);
  }
}

function trapFixture(target: Trap): TargetFixture {
  return {
    target,
    clock: target.clock,
    wipe: () => {
      target.rows.clear();
      return Promise.resolve();
    },
    writes: () => target.writes,
  };
}

async function broken(factory: () => TargetFixture): Promise<string[]> {
  const titles: string[] = [];
  for (const [title, run] of contractTests(factory)) await run().catch(() => titles.push(title));
  return titles;
}

describe('the contract catches a target that', () => {
  it.each([
    ['is as it should be', Trap, undefined],
    ['keeps entries and waits for them to change', KeepsEntries, 'moves the end of an entry, further and nearer'],
    ['keeps the map of what is held', KeepsHeld, 'removes what it is told and nothing else'],
    ['changes entries', ChangesEntries, 'holds single addresses and ranges of each family, until their ends'],
    [
      'spreads entries into what is held',
      Spreads,
      'tells what is held as plain data with no more fields than there are',
    ],
    ['knows what it told by the object', KnowsObjects, 'takes copies of what it told'],
    ['keeps a twin to compare with', KeepsTwin, 'goes by what it is handed, and keeps no list of its own'],
    ['keeps a twin to render', RendersTwin, 'goes by what it is handed, and keeps no list of its own'],
    ['changes its capabilities', ChangesCapabilities, 'writes nothing when there is nothing to change'],
    ['writes to what is held', WritesHeld, 'removes what it is told and nothing else'],
  ] as const)('%s', async (_, Broken, title) => {
    const titles = await broken(() => trapFixture(new Broken()));
    if (title === undefined) expect(titles).toEqual([]);
    else expect(titles).toContain(title);
  });
});
