import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileTarget, silentLogger, type Target } from '@bouncer/target';
import { targetContract, type TargetFixture } from '@bouncer/testkit';
import { ManualClock } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { ForwardAuthRenderer } from '../src/forward-auth/forward-auth-renderer.ts';
import { ForwardAuthTarget } from '../src/forward-auth/forward-auth-target.ts';
import { NativeRenderer } from '../src/native/native-renderer.ts';
import { sampleValues } from '../src/testing.ts';

/** Counts what reaches the target; entries, since there is no device to ask. */
function counting(target: Target): { target: Target; count: () => number } {
  let writes = 0;
  const apply = target.apply.bind(target);
  target.apply = (changes, known, report, signal) => {
    const told = {
      written: (held: Parameters<typeof report.written>[0]) => {
        writes += 1;
        report.written(held);
      },
      removed: report.removed.bind(report),
      refused: report.refused.bind(report),
    };
    return apply(changes, known, told, signal);
  };
  return { target, count: () => writes };
}

function forwardAuth(): TargetFixture {
  const folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  const clock = new ManualClock();
  const values = sampleValues({ mode: 'forwardauth', outputDir: folder });
  const options = { folder, folderVariable: 'TRAEFIK_OUTPUT_DIR', name: 'files' };
  const own = new ForwardAuthTarget({
    listen: '127.0.0.1:0',
    trustedProxies: [],
    untilFirstPull: 'open',
    ban: { page: 'banned', status: 403 },
    files: new FileTarget({ ...options, renderer: new ForwardAuthRenderer(values) }),
    document: () => ({}),
    clock,
    log: silentLogger,
  });
  const { target, count } = counting(own);
  return {
    target,
    clock,
    advance: (milliseconds) => clock.advance(milliseconds),
    wipe: () => {
      for (const { network } of [...own.enforced.entries()]) own.enforced.delete(network);
      return Promise.resolve();
    },
    writes: count,
    dispose: () => removed(folder),
  };
}

function native(format: 'yaml' | 'toml', trustedProxies: readonly Network[]): TargetFixture {
  const folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  const values = sampleValues({ mode: 'native', outputDir: folder, format, trustedProxies });
  const renderer = new NativeRenderer(values);
  const target = new FileTarget({ name: 'native', renderer, folder, folderVariable: 'TRAEFIK_OUTPUT_DIR' });
  const file = path.join(folder, format === 'yaml' ? 'crowdsec.yml' : 'crowdsec.toml');
  let writes = 0;
  let seen: string | undefined;
  return {
    target,
    clock: new ManualClock(),
    wipe: () => {
      writeFileSync(file, '');
      return Promise.resolve();
    },
    writes: () => {
      // A write replaces the file, so its inode changes.
      const stat = statSync(file, { throwIfNoEntry: false });
      const now = stat && `${stat.ino} ${stat.mtimeMs}`;
      if (now !== seen) writes += 1;
      seen = now;
      return writes;
    },
    dispose: () => removed(folder),
  };
}

function removed(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  return Promise.resolve();
}

targetContract('Forward-auth', forwardAuth);
targetContract('Native rules in YAML', () => native('yaml', []));
targetContract('Native allow list in TOML', () => native('toml', ['192.0.2.1' as Network]));
