import { describe, expect, it } from 'vitest';
import { startRouterOs } from './sandbox.ts';
import { TestClient } from './testing.ts';

const MENU = '/ip/firewall/address-list';
const MENU6 = '/ipv6/firewall/address-list';

describe('error texts, word for word', () => {
  it.each<[string, string[], string]>([
    ['duplicate', [`${MENU}/add`, '=list=x', '=address=192.0.2.1/32'], 'failure: already have such entry'],
    ['remove of a gone id', [`${MENU}/remove`, '=.id=*63'], 'no such item'],
    ['remove of no id', [`${MENU}/remove`, '=.id=192.0.2.1'], 'no such item'],
    ['set of a gone id', [`${MENU}/set`, '=numbers=*63', '=comment=x'], 'no such item'],
    ['print of a gone id', [`${MENU}/print`, '=.id=*63'], 'no such item'],
    ['unknown first directory', ['/nonsense/print'], 'no such command or directory (nonsense)'],
    ['unknown directory', ['/ip/nonsense/address-list/print'], 'no such command or directory (nonsense)'],
    ['unknown command', [`${MENU}/nonsense`], 'no such command'],
    ['command that this menu lacks', ['/system/resource/add'], 'no such command'],
    ['no slash', ['#'], 'no such command prefix'],
    ['unknown attribute', [`${MENU}/add`, '=list=x', '=address=192.0.2.9', '=colour=red'], 'unknown parameter colour'],
    ['unknown print attribute', [`${MENU}/print`, '=where=x'], 'unknown parameter where'],
    ['id in an add', [`${MENU}/add`, '=.id=*1', '=list=x', '=address=192.0.2.9'], 'unknown parameter .id'],
    ['no list', [`${MENU}/add`, '=address=192.0.2.9'], 'missing =list='],
    ['no address', [`${MENU}/add`, '=list=x'], 'missing =address='],
    ['no id', [`${MENU}/remove`], 'missing =.id='],
    ['query in a remove', [`${MENU}/remove`, '?list=x'], 'unknown parameter ?list=x'],
    [
      'no time',
      [`${MENU}/add`, '=list=x', '=address=192.0.2.9', '=timeout=soon'],
      'invalid value for argument timeout',
    ],
    ['no boolean', [`${MENU}/set`, '=.id=*1', '=disabled=maybe'], 'input does not match any value of disabled'],
    [
      'too long a time',
      [`${MENU}/add`, '=list=x', '=address=192.0.2.9', '=timeout=36w'],
      'value of timeout is out of range (00:00:00 .. 35w3d13:13:56)',
    ],
    [
      'IPv6 in the IPv4 list',
      [`${MENU}/add`, '=list=x', '=address=2001:db8::1'],
      'failure: 2001:db8::1 is not a valid dns name',
    ],
    [
      'a range in the IPv6 list',
      [`${MENU6}/add`, '=list=x', '=address=2001:db8::1-2001:db8::9'],
      'failure: 2001:db8::1-2001:db8::9 is not a valid dns name',
    ],
    ['rule without a chain', ['/ip/firewall/raw/add', '=action=drop'], 'missing =chain='],
    [
      'rule with an unknown action',
      ['/ip/firewall/raw/add', '=chain=prerouting', '=action=reject'],
      'input does not match any value of action',
    ],
    [
      'rule with an unknown interface list',
      ['/ip/firewall/filter/add', '=chain=input', '=action=drop', '=in-interface-list=DMZ'],
      'input does not match any value of in-interface-list',
    ],
  ])('%s', async (_, words, text) => {
    await using router = await startRouterOs();
    router.addRow({ list: 'x', address: '192.0.2.1' });
    await using client = await TestClient.login(router.port);
    const outcome = await client.run(...words);
    expect(outcome.traps).toEqual([text]);
    expect(outcome.sentences.map(([first]) => first)).toEqual(['!trap', '!done']);
    expect(router.counters.writes).toBe(0);
  });

  it('no memory left', async () => {
    await using router = await startRouterOs({ entriesLimit: 1 });
    await using client = await TestClient.login(router.port);
    expect((await client.run(`${MENU}/add`, '=list=x', '=address=192.0.2.1')).traps).toEqual([]);
    expect((await client.run(`${MENU6}/add`, '=list=x', '=address=2001:db8::1')).traps).toEqual([
      'failure: out of memory',
    ]);
  });

  it('rights: without write nothing changes, without read nothing shows', async () => {
    await using router = await startRouterOs({
      users: [
        { name: 'reader', password: 'r', policies: ['read', 'api'] },
        { name: 'writer', password: 'w', policies: ['write', 'api'] },
      ],
    });
    await using reader = await TestClient.login(router.port, 'reader', 'r');
    await using writer = await TestClient.login(router.port, 'writer', 'w');
    const denied = ['not enough permissions (9)'];
    expect((await reader.run(`${MENU}/add`, '=list=x', '=address=192.0.2.1')).traps).toEqual(denied);
    expect((await reader.run(`${MENU}/remove`, '=.id=*1')).traps).toEqual(denied);
    expect((await reader.run(`${MENU}/print`)).traps).toEqual([]);
    expect((await writer.run(`${MENU}/print`)).traps).toEqual(denied);
    expect((await writer.run(`${MENU}/add`, '=list=x', '=address=192.0.2.1')).traps).toEqual([]);
  });
});

describe('the shape of a trap', () => {
  it('comes with and without its category, or twice', async () => {
    await using always = await startRouterOs({ trapCategory: 'always', tagPosition: 'last' });
    await using first = await TestClient.login(always.port);
    expect((await first.run(`${MENU}/remove`, '=.id=*1')).sentences).toEqual([
      ['!trap', '=category=0', '=message=no such item', '.tag=t2'],
      ['!done', '.tag=t2'],
    ]);
    await using never = await startRouterOs({ trapCategory: 'never', multiTrap: true });
    await using second = await TestClient.login(never.port);
    expect((await second.run(`${MENU}/remove`, '=.id=*1')).sentences).toEqual([
      ['!trap', '.tag=t2', '=message=no such item'],
      ['!trap', '.tag=t2', '=message=action failed'],
      ['!done', '.tag=t2'],
    ]);
  });
});
