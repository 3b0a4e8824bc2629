import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ManualClock } from '@bouncer/stream';
import { OutputFolder, silentLogger } from '@bouncer/target';
import { expect, it, onTestFinished } from 'vitest';
import { ownTls } from './own-tls.ts';

const DAY_MS = 86_400_000;

it('is the same over restarts, and the next one is trusted for a day before it is used', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'tls-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  const clock = new ManualClock();
  const folder = new OutputFolder(root, 'TRAEFIK_OUTPUT_DIR');
  const look = async (names = ['bouncer', '127.0.0.1']) => {
    const { identity, save } = ownTls({ folder, file: 'own-tls.pem', names, clock, log: silentLogger });
    await save();
    return identity;
  };
  const first = await look();
  expect(first.ca).toBe(first.cert);
  expect(statSync(path.join(root, 'own-tls.pem')).mode & 0o777).toBe(0o600);
  expect(await look()).toEqual(first);
  await clock.advance(60.5 * DAY_MS);
  const told = await look();
  expect(told.cert).toBe(first.cert);
  expect(told.ca.startsWith(first.cert)).toBe(true);
  expect(told.ca.length).toBeGreaterThan(first.cert.length * 1.5);
  expect(await look()).toEqual(told);
  await clock.advance(DAY_MS);
  const used = await look();
  expect(first.cert + used.cert).toBe(told.ca);
  expect(used.ca).toBe(used.cert);
  // Another name is another certificate.
  expect((await look(['elsewhere'])).cert).not.toBe(used.cert);
});
