import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { targetContract, type TargetFixture } from '@bouncer/testkit';
import { ManualClock } from '@bouncer/stream';
import { geoTarget, hold, luaTarget } from './fixture.ts';

function fixture(mode: 'lua' | 'geo'): TargetFixture {
  const clock = new ManualClock();
  const folder = mkdtempSync(path.join(tmpdir(), 'nginx-'));
  const seen = new Map<string, number>();
  let writes = 0;
  const open = () => (mode === 'lua' ? luaTarget(folder, {}, clock) : geoTarget(folder, clock));
  return {
    target: open(),
    clock,
    ...(mode === 'lua' && { advance: (milliseconds: number) => clock.advance(milliseconds) }),
    // As another connector's empty list would.
    wipe: () => hold(open(), []),
    writes() {
      for (const name of readdirSync(folder)) {
        const { ino } = statSync(path.join(folder, name));
        if (seen.get(name) !== ino) writes += 1;
        seen.set(name, ino);
      }
      return writes;
    },
    dispose() {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

targetContract('NGINX, lua', () => fixture('lua'));
targetContract('NGINX, geo', () => fixture('geo'));
