import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { lapiGenerations } from './generation.ts';
import { startLapi } from './start-lapi.ts';
import { ask, pull, values } from './testing.ts';

describe('the stream', () => {
  it.each(lapiGenerations)('gives a full pull, then deltas, on %s', async (generation) => {
    await using lapi = await startLapi({ generation, clock: new ManualClock() });
    lapi.decisions.add({ value: '192.0.2.1' });
    expect(values((await pull(lapi, 'startup=true')).new)).toEqual(['192.0.2.1']);
    expect(values((await pull(lapi)).new)).toEqual([]);
    lapi.decisions.add({ value: '192.0.2.2' });
    expect(values((await pull(lapi, 'startup=false')).new)).toEqual(['192.0.2.2']);
    lapi.decisions.delete('192.0.2.1');
    expect(values((await pull(lapi)).deleted)).toEqual(['192.0.2.1']);
    expect(values((await pull(lapi, 'startup=true')).new)).toEqual(['192.0.2.2']);
  });

  it.each(['1', 'True', 'TRUE', 'yes', ''])('takes startup=%s for a delta', async (word) => {
    await using lapi = await startLapi();
    lapi.decisions.add({ value: '192.0.2.1' });
    await pull(lapi, 'startup=true');
    expect(values((await pull(lapi, `startup=${word}`)).new)).toEqual([]);
  });

  it('starts a new bouncer with its own creation on 1.4 and with everything from 1.6', async () => {
    await using old = await startLapi({ generation: '1.4' });
    await using recent = await startLapi({ generation: '1.6' });
    for (const lapi of [old, recent]) {
      lapi.decisions.add({ value: '192.0.2.1' });
      lapi.bouncers.add('late', 'late-key');
    }
    const init = { headers: { 'x-api-key': 'late-key' } };
    expect(await (await ask(old, '/v1/decisions/stream', init)).text()).toBe('{"deleted":null,"new":null}');
    expect(await (await ask(recent, '/v1/decisions/stream', init)).text()).toContain('192.0.2.1');
  });

  it('hides a shorter ban under a longer one, and says nothing when the longer one is taken away', async () => {
    const clock = new ManualClock();
    await using lapi = await startLapi({ clock });
    lapi.decisions.add({ value: '192.0.2.1', duration: 4 * 3600 });
    const long = lapi.decisions.add({ value: '192.0.2.1', duration: 24 * 3600 });
    expect((await pull(lapi, 'startup=true')).new).toMatchObject([{ id: long.id }]);
    lapi.decisions.delete(long.id);
    expect(await pull(lapi)).toEqual({ new: [], deleted: [] });
    await clock.advance(4 * 3600_000);
    const { deleted } = await pull(lapi);
    expect(deleted).toMatchObject([{ value: '192.0.2.1' }]);
    expect(deleted?.[0]?.id).not.toBe(long.id);
  });

  it('hides a wanted decision behind a longer one of another origin, unless asked not to dedup', async () => {
    await using lapi = await startLapi();
    lapi.decisions.add({ value: '192.0.2.1', origin: 'cscli', duration: 3600 });
    lapi.decisions.add({ value: '192.0.2.1', origin: 'CAPI', duration: 7200 });
    expect((await pull(lapi, 'startup=true&origins=cscli')).new).toEqual([]);
    expect(values((await pull(lapi, 'startup=true&origins=cscli&dedup=false')).new)).toEqual(['192.0.2.1']);
    expect((await pull(lapi, 'startup=true&dedup=false')).new).toHaveLength(2);
  });

  it('repeats a deletion for two seconds before the last pull, and gives every row that is over at startup, until it is flushed', async () => {
    const clock = new ManualClock();
    await using lapi = await startLapi({ clock });
    lapi.decisions.add({ value: '192.0.2.1', duration: 3 });
    await pull(lapi, 'startup=true');
    await clock.advance(3500);
    expect(values((await pull(lapi)).deleted)).toEqual(['192.0.2.1']);
    await clock.advance(1000);
    expect(values((await pull(lapi)).deleted)).toEqual(['192.0.2.1']);
    await clock.advance(1000);
    expect(values((await pull(lapi)).deleted)).toEqual(['192.0.2.1']);
    expect(values((await pull(lapi)).deleted)).toEqual([]);
    expect(values((await pull(lapi, 'startup=true')).deleted)).toEqual(['192.0.2.1']);
    lapi.decisions.flush();
    expect(values((await pull(lapi, 'startup=true')).deleted)).toEqual([]);
  });

  it('forgets a live row without a word, as the flush job did', async () => {
    await using lapi = await startLapi();
    const row = lapi.decisions.add({ value: '192.0.2.1' });
    await pull(lapi, 'startup=true');
    lapi.decisions.forget(row.id);
    expect(await pull(lapi)).toEqual({ new: [], deleted: [] });
    expect((await pull(lapi, 'startup=true')).new).toEqual([]);
  });

  it('filters as LAPI does', async () => {
    await using lapi = await startLapi();
    lapi.decisions.addMany([
      { value: '192.0.2.1', scenario: 'crowdsecurity/ssh-bf', origin: 'crowdsec' },
      { value: '192.0.2.2', scenario: 'crowdsecurity/http-probing', origin: 'CAPI' },
      { value: '198.51.100.0/24', scenario: 'firehol', origin: 'lists' },
      { value: 'FR', scope: 'Country' },
      { value: '192.0.2.9', simulated: true },
      { value: '192.0.2.3', type: 'captcha' },
    ]);
    const ask = async (query: string): Promise<string[]> => values((await pull(lapi, `startup=true&${query}`)).new);
    expect(await ask('')).toEqual(['192.0.2.1', '192.0.2.2', '198.51.100.0/24', '192.0.2.3']);
    expect(await ask('scopes=country')).toEqual(['FR']);
    expect(await ask('scopes=RANGE')).toEqual(['198.51.100.0/24']);
    expect(await ask('origins=capi')).toEqual([]);
    expect(await ask('origins=CAPI,lists')).toEqual(['192.0.2.2', '198.51.100.0/24']);
    expect(await ask('scenarios_containing=SSH')).toEqual(['192.0.2.1']);
    expect(await ask('scenarios_not_containing=ssh,http,manual')).toEqual(['198.51.100.0/24']);
    expect(await ask('type=captcha')).toEqual(['192.0.2.3']);
    expect(await ask('nonsense=1')).toHaveLength(4);
  });

  it('shares one last_pull between all who use one key from one address', async () => {
    await using lapi = await startLapi();
    await pull(lapi, 'startup=true');
    lapi.decisions.add({ value: '192.0.2.1' });
    expect(values((await pull(lapi)).new)).toEqual(['192.0.2.1']);
    expect(values((await pull(lapi)).new)).toEqual([]);
  });
});

describe('the request log', () => {
  it('tells what was asked and by whom, and wakes a waiter', async () => {
    await using lapi = await startLapi();
    const next = lapi.requests.next((request) => request.kind === 'stream');
    await pull(lapi, 'startup=true');
    expect(await next).toMatchObject({ bouncer: 'sandbox', startup: true, status: 200, ended: true });
    expect(lapi.requests.pulls).toHaveLength(1);
    expect(lapi.bouncers.list()).toMatchObject([{ name: 'sandbox', type: 'crowdsec-test-bouncer', version: 'v1' }]);
  });

  it('reads a User-Agent of other than two parts as LAPI does', async () => {
    await using lapi = await startLapi();
    await ask(lapi, '/v1/decisions', { headers: { 'user-agent': 'foo/1.0 (x/y)' } });
    expect(lapi.bouncers.list()).toMatchObject([{ type: 'foo/1.0 (x/y)', version: 'N/A' }]);
  });
});
