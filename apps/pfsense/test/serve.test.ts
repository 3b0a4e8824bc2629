import { applyBy } from '@bouncer/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '@bouncer/stream';
import { HEADER } from '../src/list/alias-file.ts';
import type { ListServerOptions } from '../src/serve/list-server.ts';
import { ServeTarget } from '../src/serve/serve-target.ts';
import { calm, entry, fixedPassword, Told } from './fixture.ts';

async function serve(more: Partial<ListServerOptions> = {}): Promise<ServeTarget> {
  const target = new ServeTarget({ listen: '127.0.0.1:0', alias: 'crowdsec_blacklists', user: 'pfsense', ...more });
  onTestFinished(() => target.close());
  await target.open(calm);
  return target;
}

async function publish(target: ServeTarget, texts: readonly string[]): Promise<void> {
  const create = texts.map((one) => entry(new ManualClock(), one));
  await applyBy(target, { create, update: [], delete: [] }, new Told(), calm);
}

it('serves nothing before the first list: an old one on the firewall is better', async () => {
  expect((await fetch((await serve()).url)).status).toBe(503);
});

it('serves a list that is never empty, with its length and a tag', async () => {
  const target = await serve();
  await publish(target, []);
  const empty = await fetch(target.url);
  expect(await empty.text()).toBe(HEADER);
  await publish(target, ['2001:db8::/32', '198.51.100.7']);
  const full = await fetch(target.url);
  const text = await full.text();
  expect(text).toBe(`${HEADER}198.51.100.7\n2001:db8::/32\n`);
  expect(full.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  const tag = full.headers.get('etag') ?? '';
  expect(tag).not.toBe(empty.headers.get('etag'));
  expect((await fetch(target.url, { headers: { 'if-none-match': tag } })).status).toBe(304);
  expect((await fetch(target.url, { method: 'POST' })).status).toBe(405);
  expect((await fetch(target.url.replace('crowdsec', 'other'))).status).toBe(404);
});

it('asks for the password, by basic authentication or as a token', async () => {
  const target = await serve({ password: fixedPassword('geheim') });
  await publish(target, ['198.51.100.7']);
  const status = async (url: string, login?: string): Promise<number> => {
    const headers = login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
    return (await fetch(url, { headers })).status;
  };
  expect(await status(target.url)).toBe(401);
  expect(await status(target.url, 'pfsense:falsch')).toBe(401);
  expect(await status(target.url, 'pfsense:geheim')).toBe(200);
  expect(await status(`${target.url}?token=falsch`)).toBe(401);
  expect(await status(`${target.url}?token=geheim`)).toBe(200);
});

it('says when it cannot listen', async () => {
  const first = await serve();
  const { port } = new URL(first.url);
  const second = new ServeTarget({ listen: `127.0.0.1:${port}`, alias: 'a', user: 'pfsense' });
  await expect(second.open(calm)).rejects.toMatchObject({ hint: expect.stringContaining('PFSENSE_LISTEN') as string });
});

it('alone it cannot see what the firewall makes of the list, and says so; beside another target it is an extra', async () => {
  const alone = await serve();
  expect(alone.concerns()).toMatchObject([
    { level: 'warn', seen: expect.stringContaining('cannot be seen') as string },
  ]);
  const levels: string[] = [];
  for await (const { level, step } of alone.check()) levels.push(`${level} ${step}`);
  expect(levels).toEqual(['ok list', 'warn rule']);
  expect((await serve({ isExtra: true })).concerns()).toEqual([]);
});

it('setup has the rules that are asked for, and the address that is given', () => {
  const target = new ServeTarget({
    listen: '0.0.0.0:41412',
    alias: 'banned',
    user: 'pfsense',
    offer: { interfaces: ['floating'], direction: 'both', log: true, position: 'bottom' },
    listenUrl: 'https://lists.example.net/',
  });
  const text = target.setup();
  expect(text).toContain('URL https://lists.example.net/banned.txt, 1 day');
  expect(text).toMatch(
    /^2\. Firewall > Rules > Floating > Add \(to the end\): .*Direction in, .*Source .*banned.*Log on/m,
  );
  expect(text).toMatch(/^ {3}Firewall > Rules > Floating > .*Direction out, .*Destination .*banned/m);
});
