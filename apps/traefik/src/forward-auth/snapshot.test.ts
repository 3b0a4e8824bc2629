import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OutputFolder, silentLogger, type LogFields, type Logger } from '@bouncer/target';
import { createProtectedSpace, instantNow, ManualClock, parseNetwork } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printSnapshot, readSnapshot } from './snapshot-text.ts';
import type { Kept } from './snapshot-text.ts';
import { Snapshot } from './snapshot.ts';

const network = (text: string): Network => parseNetwork(text)!;
const clock = new ManualClock();
const after = (seconds: number): number => instantNow(clock) + seconds;
let folder: string;
let warnings: string[];
const log: Logger = { ...silentLogger, warn: (_: LogFields, message: string) => void warnings.push(message) };

function snapshot(allowlist: readonly string[] = []): Snapshot {
  const protectedSpace = createProtectedSpace({
    allowlist: allowlist.map(network),
    addresses: [],
    blockPrivateNetworks: false,
  });
  const output = new OutputFolder(folder, 'TRAEFIK_OUTPUT_DIR');
  return new Snapshot({ folder: output, file: 'crowdsec.snapshot', clock, log, protectedSpace });
}
const file = () => path.join(folder, 'crowdsec.snapshot');

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  warnings = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the list in a file', () => {
  const entries: Kept[] = [
    { network: network('203.0.113.7'), expiresAt: after(60) },
    { network: network('198.51.100.0/24'), expiresAt: after(3600) },
    { network: network('2001:db8::/64'), expiresAt: after(7200) },
  ];

  it('is read back, each entry until its own end', () => {
    const bytes = printSnapshot(entries, clock);
    const kept = new Map(readSnapshot(bytes, clock).entries.map((entry) => [entry.network, entry.expiresAt]));
    expect([...kept.keys()]).toEqual(entries.map((entry) => entry.network));
    for (const { network: key, expiresAt } of entries)
      expect(Math.abs((kept.get(key) ?? 0) - expiresAt)).toBeLessThan(3);
  });

  it('forgets what has ended meanwhile', async () => {
    const bytes = printSnapshot(entries, clock);
    const later = new ManualClock();
    await later.advance(clock.now() - later.now() + 120_000);
    const left = readSnapshot(bytes, later).entries;
    expect(left.map((entry) => entry.network)).toEqual(['198.51.100.0/24', '2001:db8::/64']);
  });

  it('is read strictly: a damaged line costs that line, and is counted', () => {
    const text = printSnapshot(entries, clock).toString();
    const damaged = text.replace('203.0.113.7', '0203.0.113.7').replace('2001:db8::/64', '2001:db8::1/64');
    expect(readSnapshot(Buffer.from(damaged), clock)).toMatchObject({ damaged: 2, entries: [entries[1]] });
    expect(readSnapshot(Buffer.from(text.slice(0, -12)), clock).damaged).toBe(1);
    expect(readSnapshot(Buffer.from(''), clock)).toEqual({ entries: [], damaged: 1 });
  });

  it('never gives what is no network, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (noise, at) => {
        const bytes = printSnapshot(entries, clock);
        bytes.set(noise.slice(0, bytes.length - Math.min(at, bytes.length)), Math.min(at, bytes.length));
        for (const entry of readSnapshot(bytes, clock).entries) expect(parseNetwork(entry.network)).toBe(entry.network);
      }),
    );
  });
});

describe('keeping it', () => {
  it('writes at once, then at a bounded rate, for nobody else to read', async () => {
    const stop = new AbortController();
    const kept = snapshot();
    const held: Kept[] = [{ network: network('203.0.113.7'), expiresAt: after(3600) }];
    kept.start(() => held, stop.signal);
    kept.touch();
    await expect
      .poll(() =>
        snapshot()
          .load()
          ?.map((entry) => entry.network),
      )
      .toEqual(['203.0.113.7']);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    held.push({ network: network('203.0.113.8'), expiresAt: after(3600) });
    kept.touch();
    expect(snapshot().load()).toHaveLength(1);
    stop.abort();
    await kept.flush();
    expect(snapshot().load()).toHaveLength(2);
  });

  it('leaves out what is allowed by now', () => {
    const held: Kept[] = [
      { network: network('203.0.113.7'), expiresAt: after(3600) },
      { network: network('198.51.100.0/30'), expiresAt: after(3600) },
    ];
    writeFileSync(file(), printSnapshot(held, clock));
    const left = snapshot(['203.0.113.7', '198.51.100.0/31'])
      .load()
      ?.map((entry) => entry.network);
    expect(left).toEqual(['198.51.100.2/31']);
  });

  it('tells once that it cannot be written, and that it cannot be read', async () => {
    expect([snapshot().load(), warnings]).toEqual([undefined, []]);
    mkdirSync(file());
    expect(snapshot().load()).toBeUndefined();
    const stop = new AbortController();
    const kept = snapshot();
    kept.start(() => [], stop.signal);
    kept.touch();
    await expect.poll(() => warnings).toHaveLength(2);
    stop.abort();
    await kept.flush();
    expect(warnings.map((text) => text.split(':')[0])).toEqual([
      'the kept list cannot be read',
      'the list cannot be kept',
    ]);
    expect(() => readFileSync(file())).toThrow();
  });
});
