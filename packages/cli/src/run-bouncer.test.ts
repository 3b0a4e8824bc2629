import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentFor, startFakeLapi } from './commands/testing.ts';
import type { FakeLapi } from './commands/testing.ts';

const main = path.join(import.meta.dirname, 'testing-main.ts');

let lapi: FakeLapi;
beforeEach(async () => {
  lapi = await startFakeLapi();
  lapi.bans.push('203.0.113.7');
});
afterEach(() => lapi[Symbol.asyncDispose]());

/** A real process of a connector. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [main, ...args], { env: { ...environmentFor(lapi), ...env } });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const listener of listeners) listener();
    });
  }
  const closed = once(child, 'close');
  return {
    child,
    output: () => output,
    exit: () => closed.then(([code]: (number | null)[]) => code),
    says: (text: string) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (output.includes(text)) resolve();
        };
        listeners.add(look);
        look();
      }),
  };
}

describe('the process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends well at %s', async (signal) => {
    const { child, says, exit, output } = start([]);
    await says('written to the device');
    child.kill('SIGHUP');
    child.kill(signal);
    expect(await exit()).toBe(0);
    expect(output()).toContain('what is blocked stays blocked');
  });

  it('ends at once at the second signal, whatever hangs', async () => {
    const { child, says, exit } = start([], { MEMORY_DEVICE: 'hangs' });
    await says('written to the device');
    child.kill('SIGTERM');
    await says('what is blocked stays blocked');
    child.kill('SIGTERM');
    expect(await exit()).toBe(0);
  });

  it('says in one line why it dies of what nobody foresaw, without secrets and without a stack', async () => {
    const { exit, output } = start(['run'], { MEMORY_DEVICE: 'leaks' });
    expect(await exit()).toBe(1);
    expect(output()).toMatch(/^fatal: lost \*\*\* on the way$/m);
    expect(output()).not.toMatch(/^\s+at /m);
  });

  it("lets the one target among several begin anew whose error nobody caught, and dies of one that is nobody's", async () => {
    const { child, says, exit, output } = start(['run'], { MEMORY_DEVICE: 'strays', LOG_FORMAT: 'pretty' });
    await says('target=sick created=1');
    for (const what of ['timer', 'emitter: ***', 'promise']) {
      expect(output()).toContain(
        `it begins anew, alone  target=sick error="a stray of a${what.startsWith('e') ? 'n' : ''} ${what}"`,
      );
    }
    expect(output().split('target=well created=1')).toHaveLength(2);
    const [page = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(output().split('status page')[1] ?? '') ?? [];
    expect((await fetch(`${page}/metrics`)).status).toBe(200);
    await says('it begins anew, alone  target=sick error="a stray of a counter"');
    expect((await fetch(`${page}/metrics`)).status).toBe(200);
    expect(output()).not.toContain('target=well error');
    child.kill('SIGUSR2');
    expect(await exit()).toBe(1);
    expect(output()).toMatch(/^fatal: a stray of a signal$/m);
  });

  it('checks its health without loading the connector', async () => {
    const off = start(['healthcheck'], { HTTP_LISTEN: 'off' });
    expect(await off.exit()).toBe(0);
    expect(off.output()).toBe('not asked: HTTP_LISTEN is off\n');
    const none = start(['healthcheck'], { HTTP_LISTEN: '0.0.0.0:1' });
    expect(await none.exit()).toBe(1);
    expect(none.output()).toContain('http://127.0.0.1:1/healthz');
    expect(none.output()).not.toContain('loaded');
  });
});
