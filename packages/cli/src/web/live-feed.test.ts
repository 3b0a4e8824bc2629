import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ManualClock } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { LiveFeed } from './live-feed.ts';
import { fakeSource } from './testing.ts';
import { RecentChanges } from './recent-changes.ts';
import { statusReport } from './status-json.ts';

/** What a listener's connection got, and how full it is. */
class Wire extends EventEmitter {
  text = '';
  status = 0;
  writableNeedDrain = false;
  destroyed = false;

  writeHead(status: number): void {
    this.status = status;
  }

  write(text: string): void {
    this.text += text;
  }

  end(text: string): void {
    this.text += text;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }

  /** The data of every event of this name so far. */
  events(name: string): Record<string, unknown>[] {
    const found = this.text.matchAll(new RegExp(`^event: ${name}\ndata: (.*)$`, 'gm'));
    return [...found].map(([, data = '']) => JSON.parse(data) as Record<string, unknown>);
  }
}

function setUp() {
  const clock = new ManualClock();
  const source = fakeSource();
  const changes = new RecentChanges(50);
  let looks = 0;
  const status = () => {
    looks += 1;
    return Promise.resolve(statusReport(source, new Map()));
  };
  const feed = new LiveFeed({ clock, status, changes });
  const listen = (): Wire => {
    const wire = new Wire();
    feed.open(wire as unknown as ServerResponse);
    return wire;
  };
  const change = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const network = `203.0.113.${index % 256}` as Network;
      changes.add({ at: index, target: 'a', action: 'blocked', network, origin: 'cscli', scenario: 'x' });
    }
  };
  return { clock, source, feed, listen, change, looks: () => looks };
}

describe('the live feed', () => {
  it('tells the state at once and then only what is new', async () => {
    const { clock, source, listen, change } = setUp();
    const wire = listen();
    await clock.advance(0);
    expect(wire.events('status')).toHaveLength(1);
    await clock.advance(5000);
    expect(wire.events('status')).toHaveLength(1);
    source.now = { ...source.now, ready: false };
    change(2);
    await clock.advance(1000);
    expect(wire.events('status')[1]).toMatchObject({ status: { ready: false } });
    expect(wire.events('changes')).toEqual([
      { changes: [expect.objectContaining({ at: 1 }), expect.anything()], missed: 0 },
    ]);
  });

  it('tells fifty of five thousand changes, and how many more there were', async () => {
    const { clock, listen, change } = setUp();
    const wire = listen();
    change(5000);
    await clock.advance(1000);
    const [first, second] = wire.events('changes');
    expect(first).toMatchObject({ missed: 4950 });
    expect(first?.['changes']).toHaveLength(50);
    expect(second).toBeUndefined();
  });

  it('passes over a listener who does not read, and then tells the newest', async () => {
    const { clock, source, listen, change } = setUp();
    const [slow, fast] = [listen(), listen()];
    await clock.advance(0);
    slow.writableNeedDrain = true;
    const before = slow.text.length;
    for (let step = 0; step < 100; step += 1) {
      source.now = { ...source.now, startedAt: step };
      change(10);
      await clock.advance(1000);
    }
    expect(slow.text).toHaveLength(before);
    expect(fast.events('status')).toHaveLength(101);
    slow.writableNeedDrain = false;
    await clock.advance(1000);
    expect(slow.events('status').at(-1)).toMatchObject({ status: { startedAt: 99 } });
    expect(slow.events('changes')).toMatchObject([{ missed: 950 }]);
  });

  it('shows a quiet connection to be alive', async () => {
    const { clock, listen } = setUp();
    const wire = listen();
    await clock.advance(6000);
    expect(wire.text).toContain('event: beat\ndata: 0\n\n');
  });

  it('costs nothing while nobody listens', async () => {
    const { clock, listen, looks } = setUp();
    expect(clock.sleeping).toBe(0);
    const wire = listen();
    await clock.advance(3000);
    wire.destroy();
    await clock.advance(0);
    const before = looks();
    await clock.advance(60_000);
    expect([looks(), clock.sleeping]).toEqual([before, 0]);
    listen();
    await clock.advance(0);
    expect(looks()).toBe(before + 1);
  });

  it('takes sixteen, and cuts all when it ends', async () => {
    const { clock, feed, listen } = setUp();
    const wires = Array.from({ length: 17 }, listen);
    expect(wires.map(({ status }) => status)).toEqual([...Array<number>(16).fill(200), 503]);
    await clock.advance(0);
    feed.close();
    expect(wires.slice(0, 16).every(({ destroyed }) => destroyed)).toBe(true);
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
    // Their places are free again.
    expect(listen().status).toBe(200);
    feed.close();
  });
});
