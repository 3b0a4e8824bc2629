import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TransientError, parseNetwork } from '@bouncer/stream';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MemoryTarget, type Capabilities } from '@bouncer/target';
import { environmentFor, memoryConnector, runCommand, startFakeLapi, testKey } from './testing.ts';
import type { FakeLapi } from './testing.ts';

class BrokenTarget extends MemoryTarget {
  override open(): Promise<Capabilities> {
    return Promise.reject(new TransientError(`refused the password ${testKey}`, { hint: 'plug it in' }));
  }
}

let lapi: FakeLapi;
beforeEach(async () => {
  lapi = await startFakeLapi('/lapi');
  lapi.bans.push('203.0.113.7', '198.51.100.0/24', '2001:db8::7');
});
afterEach(() => lapi[Symbol.asyncDispose]());

describe('sync', () => {
  it('makes the device hold what LAPI says, and says so', async () => {
    const target = new MemoryTarget();
    const { code, stdout, stderr } = await runCommand(['sync'], environmentFor(lapi), memoryConnector([target]));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect([...target.rows.keys()].sort()).toEqual(['198.51.100.0/24', '2001:db8::7', '203.0.113.7']);
    expect(stdout).toContain('memory: in step, 3 entries (3 created, 0 updated, 0 deleted)\n');
    expect(lapi.requests[0]).toContain('startup=true');
  });

  it('fails when one of the devices does, names it, and keeps the secret', async () => {
    const targets = [new MemoryTarget({ name: 'good' }), new BrokenTarget({ name: 'bad' })];
    const { code, stdout, stderr } = await runCommand(['sync'], environmentFor(lapi), memoryConnector(targets));
    expect(code).toBe(1);
    expect(stdout).toContain('good: in step, 3 entries');
    expect(stderr).toBe('bad: not in step: refused the password ***\nfix: plug it in\n');
    expect(stdout).not.toContain(testKey);
  });

  it('holds a mass removal, says how to accept it, and carries it out with --accept-removals', async () => {
    const target = new MemoryTarget();
    for (let index = 0; index < 200; index += 1) lapi.bans.push(`203.0.113.${index}`);
    const run = (...args: string[]) => runCommand(args, environmentFor(lapi), memoryConnector([target]));
    await run('sync');
    lapi.bans.length = 1;
    const before = target.rows.size;
    const held = await run('sync');
    expect({ code: held.code, held: target.rows.size }).toEqual({ code: 1, held: before });
    expect(held.stderr).toMatch(
      /^memory: not in step: 201 removals of 202 entries are held.*\nfix: .*`sync --accept-removals`/,
    );
    const json = await run('sync', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, targets: [{ target: 'memory', heldRemovals: 201 }] });
    expect((await run('plan')).stdout).toMatch(/held: 201 removals of 202 .*`sync --accept-removals`/);
    const accepted = await run('sync', '--accept-removals', '--json');
    expect({ code: accepted.code, held: target.rows.size }).toEqual({ code: 0, held: 1 });
    expect(JSON.parse(accepted.stdout)).toEqual({
      ok: true,
      targets: [{ target: 'memory', ok: true, entries: 1, created: 0, updated: 0, deleted: 201 }],
    });
  });

  it.each([
    ['{}', '"new" is not in it'],
    ['{"deleted":[]}', '"new" is not in it'],
    ['{"new":[{"id":"7","value":"203.0.113.9"}]}', "1 of 1 elements of LAPI's answer are no decisions"],
  ])('removes nothing because of %s, not even when told to accept removals', async (answer, problem) => {
    const target = new MemoryTarget();
    await runCommand(['sync'], environmentFor(lapi), memoryConnector([target]));
    lapi.stream = answer;
    const args = ['sync', '--accept-removals'];
    const { code, stderr } = await runCommand(args, environmentFor(lapi), memoryConnector([target]));
    expect({ code, held: target.rows.size }).toEqual({ code: 1, held: 3 });
    expect(stderr).toContain(problem);
  });

  it('fails with what is to be done when LAPI refuses the key', async () => {
    lapi.status = 403;
    const { code, stderr } = await runCommand(['sync'], environmentFor(lapi));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^sync: 403 Forbidden.*\nfix: .*cscli bouncers add.*\n$/);
  });
});

describe('plan', () => {
  it('prints exactly one JSON object and changes nothing', async () => {
    lapi.bans.push('10.0.0.1', 'localhost');
    const target = new MemoryTarget();
    const stale = parseNetwork('192.0.2.99')!;
    target.rows.set(stale, { network: stale, expiresAt: Infinity });
    const { code, stdout } = await runCommand(['plan', '--json'], environmentFor(lapi), memoryConnector([target]));
    expect(code).toBe(0);
    const plan = JSON.parse(stdout) as { skipped: { value: string }[]; targets: unknown[] };
    expect(plan).toMatchObject({ create: 3, update: 0, delete: 1, unchanged: 0 });
    expect(plan.skipped.map(({ value }) => value).sort()).toEqual(['10.0.0.1', 'localhost']);
    expect(plan.targets).toHaveLength(1);
    expect([...target.rows.keys()]).toEqual([stale]);
    expect(lapi.requests.filter((request) => request.includes('/stream'))).toEqual([]);
  });

  it('prints a line for each device for people', async () => {
    const targets = [new MemoryTarget({ name: 'a' }), new MemoryTarget({ name: 'b', capabilities: { families: [4] } })];
    const { stdout } = await runCommand(['plan'], environmentFor(lapi), memoryConnector(targets));
    expect(stdout).toMatch(
      /^a: create 3, update 0, delete 0, unchanged 0\nb: create 2, update 0, delete 0, unchanged 0\n {2}skipped 1: /,
    );
  });
});

describe('purge', () => {
  it('removes what is ours and says how much, without LAPI', async () => {
    const target = new MemoryTarget();
    await runCommand(['sync'], environmentFor(lapi), memoryConnector([target]));
    const before = lapi.requests.length;
    const result = await runCommand(['purge'], environmentFor(lapi), memoryConnector([target]));
    expect(result).toEqual({ code: 0, stdout: 'memory: 3 entries removed\n', stderr: '' });
    expect(target.rows.size).toBe(0);
    expect(lapi.requests).toHaveLength(before);
  });

  it('says that one which runs will put it all back, and how to go on', async () => {
    const server = createServer((_, response) => response.end('{"type":"crowdsec-memory-bouncer"}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const env = { ...environmentFor(lapi), HTTP_LISTEN: `127.0.0.1:${port}` };
    const { code, stderr } = await runCommand(['purge'], env);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^purge: a connector runs here .*put back.*\nfix: stop it first/);
  });

  it('keeps its hands off in a dry run', async () => {
    const target = new MemoryTarget();
    await runCommand(['sync'], environmentFor(lapi), memoryConnector([target]));
    const { code } = await runCommand(
      ['purge'],
      { ...environmentFor(lapi), DRY_RUN: 'true' },
      memoryConnector([target]),
    );
    expect({ code, held: target.rows.size }).toEqual({ code: 1, held: 3 });
  });
});
