import { describe, expect, it } from 'vitest';
import { command } from '../testing-router.ts';
import { Router } from './router.ts';

const MENU = '/ip/firewall/address-list';

function filled(): Router {
  const router = new Router({});
  for (const [list, address] of [
    ['a', '192.0.2.1'],
    ['b', '192.0.2.2'],
    ['a', '192.0.2.3'],
  ] as const) {
    command(router, `${MENU}/add`, { list, address });
  }
  return router;
}

describe('print', () => {
  it('shows the asked properties in its own order, bare when there is none of them', () => {
    const router = filled();
    expect(command(router, `${MENU}/print`, { '.proplist': 'address,.id,nonsense' }, ['list=a']).rows).toEqual([
      ['=.id=*1', '=address=192.0.2.1'],
      ['=.id=*3', '=address=192.0.2.3'],
    ]);
    expect(command(router, `${MENU}/getall`, { '.proplist': 'comment' }).rows).toEqual([[], [], []]);
  });

  it('counts', () => {
    expect(command(filled(), `${MENU}/print`, { 'count-only': '' }, ['list=a'])).toEqual({ rows: [], ret: '2' });
    expect(command(new Router({}), `${MENU}/print`, { 'count-only': '' }).ret).toBe('0');
  });

  it('takes ids, and misses those that are gone', () => {
    expect(command(filled(), `${MENU}/print`, { '.id': '*3', '.proplist': '.id' }).rows).toEqual([['=.id=*3']]);
    expect(() => command(filled(), `${MENU}/print`, { '.id': '*4' })).toThrow('no such item');
    expect(command(filled(), `${MENU}/print`, {}, ['.id=*4']).rows).toEqual([]);
  });

  it('shows rows as they are when they are sent', () => {
    const router = filled();
    const answer = router.execute(
      { command: `${MENU}/print`, attributes: new Map([['.proplist', '.id']]), queries: [], strange: [] },
      { name: '', password: '', policies: ['read'] },
    );
    command(router, `${MENU}/remove`, { '.id': '*2' });
    command(router, `${MENU}/add`, { list: 'a', address: '192.0.2.4' });
    expect([...(answer.rows ?? [])]).toEqual([['=.id=*1'], ['=.id=*3']]);
  });

  it('find answers all ids', () => {
    expect(command(filled(), `${MENU}/find`).ret).toBe('*1;*2;*3');
  });

  it('a scan looks at every row, an id at one', () => {
    const router = filled();
    const scanned = (path: string, attributes = new Map<string, string>()) =>
      router.scannedRows({ command: path, attributes, queries: [], strange: [] });
    expect(scanned(`${MENU}/print`)).toBe(3);
    expect(scanned(`${MENU}/print`, new Map([['.id', '*1']]))).toBe(1);
    expect(scanned(`${MENU}/add`)).toBe(0);
  });
});

describe('firewall rules', () => {
  const RAW = '/ipv6/firewall/raw';

  it('keep their order, go before another and are moved', () => {
    const router = new Router({});
    const add = (comment: string, more = {}) =>
      command(router, `${RAW}/add`, { chain: 'prerouting', action: 'drop', comment, ...more }).ret;
    const order = () =>
      command(router, `${RAW}/print`, { '.proplist': 'comment' }).rows.map(([word]) => word?.slice(9));
    expect(add('a')).toBe('*1');
    add('b');
    add('c', { 'place-before': '*2' });
    add('d', { 'place-before': '0' });
    expect(order()).toEqual(['d', 'a', 'c', 'b']);
    command(router, `${RAW}/move`, { numbers: '*2', destination: '*1' });
    expect(order()).toEqual(['d', 'b', 'a', 'c']);
    command(router, `${RAW}/move`, { numbers: '*4' });
    expect(order()).toEqual(['b', 'a', 'c', 'd']);
    command(router, `${RAW}/remove`, { '.id': '*1,*2' });
    expect(order()).toEqual(['c', 'd']);
    expect(() => command(router, `${RAW}/add`, { chain: 'x', 'place-before': '7' })).toThrow('no such item');
  });

  it('the router makes stay as they are, and nothing goes before them', () => {
    const router = new Router({});
    const add = (more = {}) => command(router, `${RAW}/add`, { chain: 'prerouting', action: 'drop', ...more }).ret;
    const id = add() ?? '';
    Object.assign(router.rules[6].raw.find(id) ?? {}, { builtin: true, dynamic: true });
    for (const place of [id, '0']) expect(() => add({ 'place-before': place })).toThrow('cannot change builtin');
    for (const name of ['set', 'remove', 'move']) {
      expect(() => command(router, `${RAW}/${name}`, { numbers: id })).toThrow('cannot change builtin');
    }
    const own = add() ?? '';
    expect(() => command(router, `${RAW}/move`, { numbers: own, destination: id })).toThrow('cannot change builtin');
    command(router, `${RAW}/move`, { numbers: own, destination: own });
    expect(add({ 'place-before': own })).toBe('*3');
  });

  it('print settings, flags and counters', () => {
    const router = new Router({});
    command(router, `${RAW}/add`, { chain: 'prerouting', action: 'drop', 'src-address-list': 'x', disabled: 'yes' });
    command(router, `${RAW}/enable`, { '.id': '*1' });
    const [rule] = router.rules[6].raw.rows();
    Object.assign(rule ?? {}, { packets: 3, bytes: 180 });
    expect(command(router, `${RAW}/print`, { stats: '' }).rows).toEqual([
      [
        '=.id=*1',
        '=chain=prerouting',
        '=action=drop',
        '=src-address-list=x',
        '=log=false',
        '=log-prefix=',
        '=bytes=180',
        '=packets=3',
        '=invalid=false',
        '=dynamic=false',
        '=disabled=false',
      ],
    ]);
    router.reboot();
    expect(command(router, `${RAW}/print`, { '.proplist': 'packets' }).rows).toEqual([['=packets=0']]);
  });
});

describe('the facts', () => {
  it('tell what each group allows and denies, or nobody', () => {
    const policy = command(new Router({}), '/user/group/print', { '.proplist': 'policy' }).rows[0]?.[0];
    expect(policy?.replace('=policy=', '').split(',')).toEqual(expect.arrayContaining(['write', '!ftp', '!policy']));
    expect(() => command(new Router({ showsUsers: false }), '/user/group/print')).toThrow('not enough permissions');
  });

  it('take no interface and no list that is not there', () => {
    for (const name of ['in-interface', 'in-interface-list']) {
      const rule = { chain: 'forward', action: 'drop', [name]: 'ether9' };
      expect(() => command(new Router({}), '/ip/firewall/filter/add', rule)).toThrow(name);
    }
  });

  it('tell version, memory that shrinks with the entries, and users without passwords', () => {
    const router = new Router({ version: '6.49.10', facts: { freeMemoryBytes: 20_000_000, boardName: 'hAP' } });
    expect(command(router, '/system/resource/print', { '.proplist': 'version,free-memory,board-name' }).rows).toEqual([
      ['=version=6.49.10 (long-term)', '=free-memory=20000000', '=board-name=hAP'],
    ]);
    command(router, `${MENU}/add`, { list: 'a', address: '192.0.2.1' });
    const [[after = ''] = []] = command(router, '/system/resource/print', { '.proplist': 'free-memory' }).rows;
    expect(Number(after.split('=')[2])).toBeLessThan(20_000_000);
    expect(JSON.stringify(command(router, '/user/print').rows)).not.toContain('secret');
  });

  it.each(['/system/identity', '/system/clock', '/ip/service', '/interface/list', '/interface/list/member'])(
    '%s prints',
    (menu) => {
      expect(command(new Router({}), `${menu}/print`).rows[0]?.length).toBeGreaterThan(0);
    },
  );
});
