import { statSync } from 'node:fs';
import { systemClock } from '@bouncer/stream';
import { targetContract, type TargetFixture } from '@bouncer/testkit';
import { describe } from 'vitest';
import { AclFile } from '../src/acl-file.ts';
import { haproxyMissing } from './debian-haproxy.ts';
import { calm, RealHaproxy } from './real-haproxy.ts';

const reason = await haproxyMissing();

async function fixture(withFile: boolean): Promise<TargetFixture> {
  const haproxy = new RealHaproxy();
  await haproxy.start();
  const start = statSync(haproxy.acl).ino;
  return {
    target: haproxy.target(withFile ? AclFile.of(haproxy.acl) : undefined),
    clock: systemClock,
    wipe: async () => {
      await haproxy.api.ask(`clear acl ${haproxy.acl}`, calm);
    },
    // A new file is a new inode.
    writes: () => haproxy.api.writes + (statSync(haproxy.acl).ino === start ? 0 : statSync(haproxy.acl).mtimeMs),
    dispose: () => haproxy[Symbol.asyncDispose](),
  };
}

describe.skipIf(reason !== undefined)(`a real HAProxy (${reason ?? 'ready'})`, () => {
  targetContract('HAProxy with its file', () => fixture(true));
  targetContract('HAProxy whose file cannot be written', () => fixture(false));
});
