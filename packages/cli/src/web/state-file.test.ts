import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Network } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BlockHistory } from './block-history.ts';
import { RecentChanges } from './recent-changes.ts';
import { readMemory, stateFileOf, writeMemory } from './state-file.ts';

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'state-'));
  onTestFinished(() => {
    rmSync(made, { recursive: true });
  });
  return made;
}

const now = Date.UTC(2026, 10, 30);

describe('the memory of the page', () => {
  it('is kept where systemd says, or in /var/lib where somebody made the folder, and else nowhere', () => {
    const made = folder();
    expect(stateFileOf({ STATE_DIRECTORY: `${made}:/other` }, 'crowdsec-x-bouncer')).toBe(path.join(made, 'page.json'));
    expect(stateFileOf({}, '.', made)).toBe(path.join(made, 'page.json'));
    expect(stateFileOf({}, 'crowdsec-x-bouncer', made)).toBeUndefined();
  });

  it('gives history and changes to the next process', async () => {
    const file = path.join(folder(), 'page.json');
    const [history, changes] = [new BlockHistory(), new RecentChanges()];
    const counts = [{ origin: 'crowdsec', family: 4 as const, count: 3 }];
    for (const at of [now - 240_000, now - 120_000, now]) history.sample(at, () => counts);
    const event = { target: 'r', action: 'blocked', origin: 'crowdsec', scenario: 's' } as const;
    changes.add({ ...event, at: now - 2 * 24 * 3600_000, network: '203.0.113.1' as Network });
    changes.add({ ...event, at: now - 1000, network: '203.0.113.2' as Network });
    changes.add({ ...event, at: now, network: '203.0.113.3' as Network });
    await writeMemory(file, { history: history.toJSON(), changes: changes.list() });
    expect(readdirSync(path.dirname(file))).toEqual(['page.json']);

    const [nextHistory, nextChanges] = [new BlockHistory(), new RecentChanges()];
    const memory = await readMemory(file, now);
    nextHistory.restore(memory!.history, now);
    for (const change of memory!.changes.toReversed()) nextChanges.add(change);
    expect(nextHistory.toJSON()).toEqual(history.toJSON());
    expect(nextChanges.list().map(({ network }) => network)).toEqual(['203.0.113.3', '203.0.113.2']);
  });

  it.each(['', 'nonsense', '{}', '{"history":{"recent":{},"day":{}},"changes":[]}', '{"history":null,"changes":7}'])(
    'passes over %s',
    async (text) => {
      const file = path.join(folder(), 'page.json');
      writeFileSync(file, text);
      expect(await readMemory(file, now)).toBeUndefined();
    },
  );
});
