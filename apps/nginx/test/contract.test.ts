import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { targetContract, type TargetFixture } from '@bouncer/sandbox';
import { ManualClock } from '@bouncer/stream';
import { luaTarget, hold } from './fixture.ts';

function fixture(): TargetFixture {
  const clock = new ManualClock();
  const folder = mkdtempSync(path.join(tmpdir(), 'nginx-'));
  const seen = new Map<string, number>();
  let writes = 0;
  return {
    target: luaTarget(folder, {}, clock),
    clock,
    advance: (milliseconds) => clock.advance(milliseconds),
    // Another connector's empty list.
    wipe: () => hold(luaTarget(folder, {}, clock), []),
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

targetContract('NGINX, lua', fixture);
