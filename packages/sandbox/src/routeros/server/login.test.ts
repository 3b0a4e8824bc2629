import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startRouterOs } from '../sandbox.ts';
import { TestClient } from '../testing.ts';

function answerTo(challenge: string | undefined, password: string): string {
  const hash = createHash('md5')
    .update(Buffer.of(0))
    .update(password)
    .update(Buffer.from(challenge ?? '', 'hex'));
  return `=response=00${hash.digest('hex')}`;
}

describe('login', () => {
  it('lets the right password in, UTF-8 included', async () => {
    await using router = await startRouterOs({ users: [{ name: 'ü', password: 'ł', policies: ['api', 'read'] }] });
    await using client = await TestClient.login(router.port, 'ü', 'ł');
    expect((await client.run('/system/identity/print')).rows).toEqual([{ name: 'MikroTik' }]);
  });

  it.each([
    ['wrong password', 'crowdsec', 'wrong'],
    ['no such user', 'nobody', 'secret'],
    ['no api policy', 'web', 'secret'],
  ])('%s: one and the same trap, and the connection stays', async (_, name, password) => {
    await using router = await startRouterOs({
      users: [
        { name: 'crowdsec', password: 'secret', policies: ['read', 'write', 'api'] },
        { name: 'web', password: 'secret', policies: ['read', 'write'] },
      ],
    });
    await using client = await TestClient.connect(router.port);
    const refused = await client.run('/login', `=name=${name}`, `=password=${password}`);
    expect(refused.traps).toEqual(['invalid user name or password (6)']);
    expect((await client.run('/login', '=name=crowdsec', '=password=secret')).traps).toEqual([]);
    expect(router.counters.logins).toBe(1);
  });

  it('before 6.43 goes by challenge, and a plain password gets one as well', async () => {
    await using router = await startRouterOs({ version: '6.42.1' });
    await using client = await TestClient.connect(router.port);
    const { ret } = await client.run('/login', '=name=crowdsec', '=password=secret');
    expect(ret).toMatch(/^[0-9a-f]{32}$/);
    const wrong = await client.run('/login', '=name=crowdsec', answerTo(ret, 'wrong'));
    expect(wrong.traps).toEqual(['cannot log in']);
    const stale = await client.run('/login', '=name=crowdsec', answerTo(ret, 'secret'));
    expect(stale.traps).toEqual(['cannot log in']);
    const again = await client.run('/login');
    expect(again.ret).not.toBe(ret);
    await client.run('/login', '=name=crowdsec', answerTo(again.ret, 'secret'));
    expect((await client.run('/system/identity/print')).rows).toHaveLength(1);
  });

  it('a command before it ends the connection', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.connect(router.port);
    void client.run('/system/resource/print');
    await client.closed;
    expect(client.strays).toEqual([['!fatal', 'not logged in']]);
  });

  it('a long sentence before it ends the connection, after it a longer one', async () => {
    await using router = await startRouterOs();
    await using stranger = await TestClient.connect(router.port);
    stranger.send('/login', `=name=${'x'.repeat(5000)}`);
    await stranger.closed;
    await using client = await TestClient.login(router.port);
    const comment = 'c'.repeat(20_000);
    await client.run('/ip/firewall/address-list/add', '=list=x', '=address=192.0.2.1', `=comment=${comment}`);
    expect(router.rows()[0]?.comment).toBe(comment);
    void client.run('/ip/firewall/address-list/add', `=comment=${'c'.repeat(70_000)}`);
    await client.closed;
  });

  it('/quit is answered by !fatal', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    client.send('/quit');
    await client.closed;
    expect(client.strays).toEqual([['!fatal', 'session terminated on request']]);
  });
});

describe('who is served', () => {
  it('a client that is not in available-from is accepted and closed', async () => {
    await using router = await startRouterOs({ availableFrom: ['192.0.2.1'] });
    await using client = await TestClient.connect(router.port);
    await client.closed;
    expect(client.socket.bytesRead).toBe(0);
    router.availableFrom = ['127.0.0.1'];
    await using welcome = await TestClient.login(router.port);
    expect((await welcome.run('/system/identity/print')).traps).toEqual([]);
  });

  it('the 21st session is accepted and closed', async () => {
    await using router = await startRouterOs();
    const clients = await Promise.all(Array.from({ length: 20 }, () => TestClient.login(router.port)));
    await using late = await TestClient.connect(router.port);
    await late.closed;
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    await expect.poll(() => router.connections).toBe(0);
    await using next = await TestClient.login(router.port);
    expect(next.socket.destroyed).toBe(false);
  });
});
