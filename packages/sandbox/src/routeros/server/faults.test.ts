import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { startRouterOs } from '../sandbox.ts';
import type { RouterOsSandbox } from '../sandbox.ts';
import { TestClient } from '../testing.ts';
import type { Outcome } from '../testing.ts';

const MENU = '/ip/firewall/address-list';

/** Adds in one window, without waiting in between; how each ended. */
async function window(client: TestClient, count: number): Promise<PromiseSettledResult<Outcome>['status'][]> {
  const adds = Array.from({ length: count }, (_, index) =>
    client.run(`${MENU}/add`, '=list=x', `=address=192.0.2.${index}`, '=timeout=1h'),
  );
  return (await Promise.allSettled(adds)).map(({ status }) => status);
}

async function afterwards(router: RouterOsSandbox): Promise<Outcome> {
  await using client = await TestClient.login(router.port);
  return await client.run('/system/identity/print');
}

const good = 'fulfilled';
const lost = 'rejected';

describe('planned faults', () => {
  it('close: the replies before it arrive, the rest is not executed', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    router.closeAfterReplies(2);
    expect(await window(client, 4)).toEqual([good, good, lost, lost]);
    expect(router.rows()).toHaveLength(2);
    expect((await afterwards(router)).rows).toHaveLength(1);
  });

  it('reset: what was executed may have gone unanswered', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    router.rstMidWindow(2);
    const outcomes = await window(client, 4);
    expect(outcomes.slice(2)).toEqual([lost, lost]);
    expect(router.rows()).toHaveLength(2);
  });

  it('lose: executed, never answered', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    router.dropReplyAfterExecuting(1, 'write', 2);
    expect(await window(client, 5)).toEqual([good, lost, lost, lost, lost]);
    expect(router.rows()).toHaveLength(3);
    expect(router.plannedFaults).toBe(0);
  });

  it('lose: ends the connection when no more commands are there', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    router.dropReplyAfterExecuting(0, 'write', 9);
    expect(await window(client, 1)).toEqual([lost]);
    expect(router.rows()).toHaveLength(1);
  });

  it('cut: half a reply', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    router.addRow({ list: 'x', address: '192.0.2.1' });
    router.cutReply(0, 'read');
    const before = client.socket.bytesRead;
    await expect(client.run(`${MENU}/print`)).rejects.toThrow('connection closed');
    expect(client.socket.bytesRead).toBeGreaterThan(before);
    expect(client.strays).toEqual([]);
  });

  it('fatal: says so and ends', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    router.fatalAfter(1, 'too many commands');
    expect(await window(client, 3)).toEqual([good, lost, lost]);
    expect(client.strays).toEqual([['!fatal', 'too many commands']]);
  });

  it('silent: that one is never answered, the others are', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    router.swallowReply(0, 'write');
    let answered = false;
    const silent = client.run(`${MENU}/add`, '=list=x', '=address=192.0.2.77');
    silent.then(
      () => (answered = true),
      () => undefined,
    );
    expect(await window(client, 2)).toEqual([good, good]);
    expect(answered).toBe(false);
    expect(router.rows()).toHaveLength(3);
  });

  it('counts the commands of its scope alone', async () => {
    await using router = await startRouterOs();
    router.closeAfterReplies(1, 'write');
    await using client = await TestClient.login(router.port);
    await client.run(`${MENU}/print`);
    expect(await window(client, 2)).toEqual([good, lost]);
  });
});

describe('a router in trouble', () => {
  it('hang: accepts and never answers; afterwards executes what was sent', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    router.hang();
    const add = client.run(`${MENU}/add`, '=list=x', '=address=192.0.2.1');
    const other = TestClient.login(router.port);
    await expect.poll(() => router.connections).toBe(2);
    expect(router.rows()).toEqual([]);
    expect(router.counters.logins).toBe(1);
    router.resume();
    expect((await add).traps).toEqual([]);
    await using late = await other;
    expect((await late.run(`${MENU}/print`)).rows).toHaveLength(1);
  });

  it('refuse and listen: the same port again', async () => {
    await using router = await startRouterOs();
    const { port } = router;
    await using client = await TestClient.login(port);
    await router.refuse();
    await client.closed;
    await expect(TestClient.connect(port)).rejects.toThrow('ECONNREFUSED');
    await router.listen();
    expect(router.port).toBe(port);
    expect((await afterwards(router)).rows).toHaveLength(1);
  });

  it('reboot: connections cut, dynamic rows gone', async () => {
    const clock = new ManualClock();
    await using router = await startRouterOs({ clock });
    await using client = await TestClient.login(router.port);
    await window(client, 3);
    router.addRow({ list: 'x', address: '2001:db8::1' });
    await clock.advance(5000);
    router.reboot();
    await client.closed;
    expect(router.addressesOf('x')).toEqual(['2001:db8::1/128']);
    await using next = await TestClient.login(router.port);
    expect((await next.run('/system/resource/print')).rows[0]?.uptime).toBe('0s');
  });

  it('sends a tag that nobody asked for', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    router.unsolicitedTag('zz');
    await client.run(`${MENU}/print`);
    expect(client.strays).toEqual([['!done', '.tag=zz']]);
  });
});
