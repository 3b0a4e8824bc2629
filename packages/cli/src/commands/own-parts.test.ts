import { MemoryTarget, failed, passed, type Kind } from '@bouncer/target';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentFor, memoryConnector, runCommand, screen, startFakeLapi } from './testing.ts';
import type { FakeLapi } from './testing.ts';
import { runCommandLine } from './command-line.ts';

let lapi: FakeLapi;
beforeEach(async () => {
  lapi = await startFakeLapi();
  lapi.bans.push('203.0.113.7');
});
afterEach(() => lapi[Symbol.asyncDispose]());

describe('a connector that leaves the decisions to somebody else', () => {
  class Elsewhere extends MemoryTarget {
    readonly enforcesElsewhere = true;
  }
  const connector: Kind = memoryConnector([new Elsewhere()]);

  it('brings its targets in step without asking LAPI', async () => {
    const { code, stdout } = await runCommand(['sync'], environmentFor(lapi), connector);
    expect([code, stdout]).toEqual([0, 'memory: in step, 0 entries (0 created, 0 updated, 0 deleted)\n']);
    expect((await runCommand(['plan'], environmentFor(lapi), connector)).code).toBe(0);
    expect(lapi.requests).toEqual([]);
  });

  it('runs, is ready, asks nothing and stops', async () => {
    const stop = new AbortController();
    const page = screen(environmentFor(lapi), stop.signal);
    const ended = runCommandLine(connector, ['run'], page.io);
    await page.shown('status page');
    const { url } = page
      .stdout()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { url?: string })
      .find((line) => line.url !== undefined)!;
    // The first update is worked on between two turns of the loop.
    await expect.poll(async () => (await fetch(`${url!}readyz`)).status).toBe(200);
    stop.abort();
    expect(await ended).toBe(0);
    expect(lapi.requests).toEqual([]);
  });
});

describe('the extra checks of a connector', () => {
  const connector: Kind = {
    ...memoryConnector(),
    checkOptions: [{ flags: '--file <path...>', help: 'files to look at' }],
    async *extraChecks({ options, decisions, signal }) {
      let count = 0;
      for await (const decision of decisions(signal)) count += decision.value === '203.0.113.7' ? 1 : 0;
      const seen = JSON.stringify(options);
      yield options['file'] === undefined ? passed('files', seen) : failed('files', seen, `mend ${count}`);
    },
  };

  it('are given their options and what LAPI holds', async () => {
    const args = ['check', '--file', 'a.yml', 'b.yml'];
    const { code, stdout } = await runCommand(args, environmentFor(lapi), connector);
    expect(code).toBe(1);
    expect(stdout).toContain('FAIL files {"file":["a.yml","b.yml"]}\n  fix: mend 1\n\nNot protecting: ');
    expect(lapi.requests.filter((request) => request.includes('stream'))).toEqual([]);
  });

  it('count without options, too, and tell when they cannot be made', async () => {
    expect((await runCommand(['check'], environmentFor(lapi), connector)).stdout).toContain('ok files {}');
    lapi.status = 500;
    const { code, stdout } = await runCommand(['check'], environmentFor(lapi), connector);
    expect([code, stdout]).toEqual([1, expect.stringContaining('FAIL check 500: LAPI could not answer') as string]);
  });

  it('leave other commands without their options', async () => {
    expect((await runCommand(['sync', '--file', 'a.yml'], environmentFor(lapi), connector)).code).toBe(2);
  });
});

describe('a target that serves', () => {
  class Serving extends MemoryTarget {
    served = 0;
    start(): Promise<void> {
      this.served += 1;
      return Promise.reject(new Error('port 9461 is in use'));
    }
  }

  it('does so in run, which ends when it cannot, and in no other command', async () => {
    const target = new Serving();
    const connector = memoryConnector([target]);
    expect((await runCommand(['sync'], environmentFor(lapi), connector)).code).toBe(0);
    expect(target.served).toBe(0);
    const { code, stderr } = await runCommand(['run'], environmentFor(lapi), connector);
    expect([code, stderr, target.served]).toEqual([1, 'run: port 9461 is in use\n', 1]);
  });
});
