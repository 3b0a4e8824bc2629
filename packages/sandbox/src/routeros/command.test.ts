import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { TestClient } from './testing.ts';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));

it('starts from the command line, is driven over HTTP, and tells what it held', async () => {
  const flags = ['--user', 'pi', '--password', 'p', '--version', '7.16.2', '--rule', 'x', '--control-port', '0'];
  const child = spawn(process.execPath, [cli, 'routeros', ...flags]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  const exit = once(child, 'exit');
  try {
    const host = await line();
    expect(await line()).toBe('MIKROTIK_TLS=false');
    const [, control = ''] = (await line()).split('=');
    const order = async (method: string, path: string): Promise<unknown> =>
      (await fetch(`${control}${path}`, { method })).json();
    await using client = await TestClient.login(Number(host.split(':')[1]), 'pi', 'p');
    await client.run('/ip/firewall/address-list/add', '=list=x', '=address=192.0.2.1', '=timeout=1h');
    await client.run('/ip/firewall/address-list/add', '=list=y', '=address=192.0.2.2');
    expect(await order('GET', '/rows?list=x')).toMatchObject([{ address: '192.0.2.1', family: 4 }]);
    expect(await order('GET', '/count?family=6')).toBe(0);
    expect(await order('GET', '/counters')).toMatchObject({ adds: 2, writes: 2, open: 1 });
    expect(await order('GET', '/rules')).toMatchObject([{ family: 4 }, { family: 6 }]);
    expect(await order('POST', '/hang')).toEqual({ ok: true });
    expect(await order('POST', '/resume')).toEqual({ ok: true });
    expect(await order('POST', '/reboot')).toEqual({ ok: true });
    await client.closed;
    expect(await order('POST', '/wipe')).toBe(1);
    expect((await fetch(`${control}/nonsense`)).status).toBe(404);
  } finally {
    child.kill('SIGINT');
  }
  expect(await line()).toBe('0 rows; executed 2 adds, 0 sets, 0 removes, 0 prints; at most 1 in flight; 1 connections');
  expect(await exit).toEqual([0, null]);
});

it.each([
  ['--port', 'many'],
  ['--service-time', '-1'],
])('refuses %s %s', async (flag, value) => {
  const child = spawn(process.execPath, [cli, 'routeros', flag, value]);
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(1);
});
