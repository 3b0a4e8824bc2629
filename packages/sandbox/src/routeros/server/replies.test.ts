import { once } from 'node:events';
import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import type { RouterOsOptions } from '../device/options.ts';
import { startRouterOs } from '../sandbox.ts';
import type { RouterOsSandbox } from '../sandbox.ts';
import { TestClient } from '../testing.ts';
import { cutAt, everyByte, randomChunks } from './chunking.ts';
import type { Chunking } from './chunking.ts';

const MENU = '/ip/firewall/address-list';

function fill(router: RouterOsSandbox, count: number): void {
  for (let index = 0; index < count; index += 1) {
    router.addRow({ list: 'x', address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, timeout: '1d' });
  }
}

async function shapeOfEmpty(options: RouterOsOptions, rows = 0): Promise<(string | undefined)[]> {
  await using router = await startRouterOs(options);
  fill(router, rows);
  await using client = await TestClient.login(router.port);
  return (await client.run(`${MENU}/print`)).sentences.map(([first]) => first);
}

describe('a print without a match', () => {
  it.each<[RouterOsOptions, string[]]>([
    [{ version: '6.49.10' }, ['!done']],
    [{ version: '7.17.2' }, ['!done']],
    [{ version: '7.18' }, ['!empty', '!done']],
    [{ version: '7.20.1' }, ['!empty', '!done']],
    [{ version: '7.20.1', emptyReply: 'off' }, ['!done']],
    [{ emptyReply: 'twice' }, ['!empty', '!empty', '!done']],
  ])('%j answers %j', async (options, shape) => {
    expect(await shapeOfEmpty(options)).toEqual(shape);
  });

  it('has odd shapes as well', async () => {
    expect(await shapeOfEmpty({ emptyReply: 'before-rows' }, 1)).toEqual(['!empty', '!re', '!done']);
    await using router = await startRouterOs({ emptyReply: 'every-command' });
    fill(router, 1);
    await using client = await TestClient.login(router.port);
    const { sentences } = await client.run(`${MENU}/remove`, '=.id=*1');
    expect(sentences.map(([first]) => first)).toEqual(['!empty', '!done']);
  });
});

describe('segments', () => {
  it.each<[string, Chunking]>([
    ['every byte', everyByte],
    ['the last byte alone', (bytes) => [bytes.subarray(0, -1), bytes.subarray(-1)]],
    ['at random', randomChunks(7)],
    ...Array.from({ length: 12 }, (_, index): [string, Chunking] => [`behind byte ${index + 1}`, cutAt(index + 1)]),
  ])('%s: the replies are the same', async (_, chunking) => {
    await using router = await startRouterOs({ chunking });
    fill(router, 3);
    await using client = await TestClient.login(router.port);
    const printed = await client.run(`${MENU}/print`, '=.proplist=address');
    expect(printed.rows.map(({ address }) => address)).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.2']);
    await expect(client.run('/quit')).rejects.toThrow('connection closed');
    expect(client.strays).toEqual([['!fatal', 'session terminated on request']]);
  });

  it('are what was asked for', () => {
    const bytes = Buffer.from('abcdef');
    expect(everyByte(bytes).map(String)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(cutAt(2)(bytes).map(String)).toEqual(['ab', 'cdef']);
    expect(Buffer.concat(randomChunks(3, 4)(bytes))).toEqual(bytes);
    expect(randomChunks(3, 4)(bytes).length).toBeGreaterThan(1);
  });
});

describe('several commands at once', () => {
  it('are executed in order, and answers come between the rows of a long print', async () => {
    await using router = await startRouterOs();
    fill(router, 2000);
    await using client = await TestClient.login(router.port);
    const order: string[] = [];
    const print = client.run(`${MENU}/print`).then(({ rows }) => order.push(`print ${rows.length}`));
    const add = client.run(`${MENU}/add`, '=list=x', '=address=192.0.2.1').then(({ ret }) => order.push(`add ${ret}`));
    await Promise.all([print, add]);
    expect(order).toEqual(['add *7D1', 'print 2000']);
  });

  it('wait for the print when one of them has no tag', async () => {
    await using router = await startRouterOs();
    fill(router, 2000);
    await using client = await TestClient.login(router.port);
    client.send(`${MENU}/print`, '=.proplist=.id');
    await client.run(`${MENU}/add`, '=list=x', '=address=192.0.2.1');
    expect(client.strays).toHaveLength(2001);
    expect(client.strays.at(-1)).toEqual(['!done']);
  });

  it('are counted while they wait', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    client.socket.cork();
    const prints = Array.from({ length: 16 }, () => client.run('/system/resource/print'));
    client.socket.uncork();
    await Promise.all(prints);
    expect(router.counters.maxInFlight).toBe(16);
    expect(router.counters.prints).toBe(16);
    expect(router.commands.at(-1)?.command).toBe('/system/resource/print');
    expect(JSON.stringify(router.commands)).not.toContain('secret');
  });

  it.each(['before it began', 'in the middle'])('/cancel ends a print %s, with category 2', async (when) => {
    await using router = await startRouterOs({ trapCategory: 'always' });
    fill(router, 5000);
    await using client = await TestClient.login(router.port);
    const print = client.run(`${MENU}/print`);
    if (when === 'in the middle') await once(client.socket, 'data');
    const cancel = client.run('/cancel', '=tag=t2');
    expect((await cancel).traps).toEqual([]);
    const { sentences } = await print;
    expect(sentences.slice(-2)).toEqual([
      ['!trap', '.tag=t2', '=category=2', '=message=interrupted'],
      ['!done', '.tag=t2'],
    ]);
    expect(sentences.length).toBeLessThan(5000);
    expect((await client.run('/system/identity/print')).rows).toHaveLength(1);
    expect(client.strays).toEqual([]);
  });
});

describe('a long print', () => {
  it('of 100,000 rows arrives whole, also at a reader that pauses', async () => {
    // A clock that stands still, so that a slow machine prints the same timeout.
    await using router = await startRouterOs({ clock: new ManualClock() });
    fill(router, 100_000);
    await using client = await TestClient.login(router.port);
    const print = client.run(`${MENU}/print`, '=.proplist=.id,address,timeout');
    client.socket.pause();
    setImmediate(() => client.socket.resume());
    const { rows } = await print;
    expect(rows).toHaveLength(100_000);
    expect(rows.at(-1)).toEqual({ '.id': '*186A0', address: '10.1.134.159', timeout: '1d' });
  });

  it('keeps odd bytes of a comment as they came', async () => {
    await using router = await startRouterOs();
    await using client = await TestClient.login(router.port);
    const comment = 'crowdsec ł→世 "$[/quit]" \\ = ; \r\n';
    await client.run(`${MENU}/add`, '=list=x', '=address=192.0.2.1', `=comment=${comment}`);
    expect((await client.run(`${MENU}/print`)).rows[0]?.comment).toBe(comment);
    expect(router.rows()[0]?.comment).toBe(comment);
  });
});
