import { listBy } from '@bouncer/testkit';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { instantNow, parseNetwork, type Clock } from '@bouncer/stream';
import { expect, it, onTestFinished } from 'vitest';
import { decodeDecisions } from '../src/decisions/decode.ts';
import { hold, luaTarget } from './fixture.ts';

it('writes the list anew when the wall clock is set, and leaves it alone while it only drifts', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nginx-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  let wall = 1_000_000_000;
  const clock: Clock = { now: () => 5_000_000, wall: () => wall, sleep: () => Promise.resolve() };
  const target = luaTarget(folder, {}, clock);
  const network = parseNetwork('45.83.64.1')!;
  await hold(target, [{ network, expiresAt: instantNow(clock) + 60, origin: 'cscli', scenario: '', type: 'ban' }]);
  const end = () => [...(decodeDecisions(readFileSync(path.join(folder, 'decisions.bin'))) ?? [])][0]?.end;
  const signal = new AbortController().signal;
  expect(end()).toBe(1_000_060);
  wall += 1900;
  expect(await target.verify(new Map(), signal)).toBe(true);
  wall += 1_790_000_000_000;
  expect(await target.verify(new Map(), signal)).toBe(false);
  const { held, needsApply } = await listBy(target, signal);
  expect([needsApply, held.get(network)?.expiresAt]).toEqual([true, 5060]);
  await hold(target, []);
  await hold(target, [{ network, expiresAt: instantNow(clock) + 60, origin: 'cscli', scenario: '', type: 'ban' }]);
  expect(end()).toBe(Math.round(wall / 1000) + 60);
  expect(await target.verify(new Map(), signal)).toBe(true);
});
