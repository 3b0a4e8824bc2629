import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startHttpServer } from '../web/http-server.ts';
import { silentLogger, type CheckStep } from '@bouncer/target';
import { fakeSource, targetStatus } from '../web/testing.ts';
import { instanceSteps } from './instance-steps.ts';

const type = 'crowdsec-mikrotik-bouncer';
const router = 'mikrotik 192.168.88.1';

async function steps(listen: string, change: { token?: string; targets?: string[] } = {}): Promise<CheckStep[]> {
  const all: CheckStep[] = [];
  for await (const step of instanceSteps({ listen, type, token: '', targets: [router], ...change })) all.push(step);
  return all;
}

/** An instance with this one device; gives its HTTP_LISTEN. */
async function running(target: Parameters<typeof targetStatus>[0], token?: string, ofType = type): Promise<string> {
  const source = fakeSource({ targets: [targetStatus({ name: router, ...target })] });
  const server = await startHttpServer({
    ...source,
    type: ofType,
    listen: '127.0.0.1:0',
    log: silentLogger,
    ...(token !== undefined && { token: () => token }),
  });
  onTestFinished(() => server.close());
  return new URL(server.url).host;
}

async function answering(body: string): Promise<string> {
  const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the running instance, as check sees it', () => {
  it('is ok when it protects', async () => {
    const [step, ...more] = await steps(await running({}));
    expect(step).toMatchObject({
      level: 'ok',
      step: 'instance',
      seen: expect.stringMatching(/protecting, 3 blocked/) as string,
    });
    expect(more).toEqual([]);
  });

  it('FAILs when it does not protect, with the fix of each concern', async () => {
    const concern = { level: 'fail', seen: 'hears from 10.0.0.9, which is not trusted', fix: 'add 10.0.0.9' } as const;
    const [step, detail] = await steps(await running({ concerns: [concern] }));
    expect(step).toMatchObject({
      level: 'fail',
      seen: expect.stringMatching(/not protecting: .*10\.0\.0\.9/) as string,
    });
    expect(detail).toEqual({
      ok: false,
      level: 'fail',
      step: 'running',
      seen: `${router}: ${concern.seen}`,
      fix: concern.fix,
    });
  });

  it.each([
    [{ skipped: { 'over MAX_ENTRIES': 7 } }, /it says partly: .*MAX_ENTRIES/],
    [{ state: 'dry-run' }, /it says dry-run: /],
    [{ state: 'reconciling' }, /it says starting: /],
  ] as const)('warns when it is not all right: %j', async (target, seen) => {
    expect(await steps(await running(target))).toMatchObject([
      { level: 'warn', seen: expect.stringMatching(seen) as string },
    ]);
  });

  it('is asked with the token, and what cannot be seen for want of it is a warning', async () => {
    const listen = await running({}, 'the right one');
    expect(await steps(listen, { token: 'the right one' })).toMatchObject([{ level: 'ok' }]);
    for (const [token, words] of [
      ['', 'asks for a token'],
      ['wrong', 'another HTTP_TOKEN'],
    ] as const) {
      const [step] = await steps(listen, { token });
      expect(step).toMatchObject({ level: 'warn', seen: expect.stringContaining(words) as string });
    }
  });

  it('is not what somebody else answers on that port', async () => {
    const other = await running({}, undefined, 'crowdsec-nginx-bouncer');
    for (const [listen, words] of [
      [other, 'another connector (crowdsec-nginx-bouncer)'],
      [await answering('{"status":"ok"}'), 'another program'],
      [await answering('<html>'), 'another program'],
      [await answering('x'.repeat(100_000)), 'too long'],
    ] as const) {
      const [step] = await steps(listen);
      expect(step).toMatchObject({ level: 'warn', seen: expect.stringContaining(words) as string });
    }
  });

  it('is not another one of its type with other devices', async () => {
    const [step] = await steps(await running({}), { targets: ['mikrotik 10.0.0.1'] });
    expect(step).toMatchObject({ level: 'warn', seen: expect.stringContaining(`its targets are ${router}`) as string });
  });
});
