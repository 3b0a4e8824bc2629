import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ManualClock, TransientError } from '@bouncer/stream';
import { expect, it, onTestFinished } from 'vitest';
import { encodeDecisions } from '../decisions/encode.ts';
import type { NginxStatus } from './read-status.ts';
import { listMark } from './status-steps.ts';
import { StatusWatch } from './status-watch.ts';

function watching() {
  const folder = mkdtempSync(path.join(tmpdir(), 'watch-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(path.join(folder, 'decisions.bin'), encodeDecisions(new Set(), { endOf: () => 0 }));
  const appsec = { passed: 0, blocked: 0, failed: 0 };
  const good: NginxStatus = {
    counters: [],
    appsec,
    segments: 0,
    list: listMark(folder),
    seen: { private: 1, public: 9 },
  };
  const clock = new ManualClock();
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  let answer: () => NginxStatus = () => good;
  const read = () => Promise.resolve().then(() => answer());
  const watch = new StatusWatch({ url: 'http://127.0.0.1:1', folder, clock, read });
  watch.run(stop.signal).catch(() => undefined);
  const after = async (next: () => NginxStatus, seconds = 25) => {
    answer = next;
    await clock.advance(seconds * 1000);
    return watch.concerns.map(({ level, seen }) => `${level} ${seen}`);
  };
  return { good, after };
}

it('a running connector tells when NGINX does not hold its list, sees a proxy, or says nothing', async () => {
  const { good, after } = watching();
  expect(await after(() => good)).toEqual([]);
  expect(await after(() => ({ ...good, list: undefined }))).toEqual([
    expect.stringMatching(/^fail NGINX has read no list/),
  ]);
  expect(await after(() => ({ ...good, list: '00000001' }))).toEqual([expect.stringMatching(/^fail .*another list/)]);
  const proxied = { ...good, seen: { private: 400, public: 0 } };
  expect(await after(() => proxied)).toEqual([expect.stringMatching(/^fail .*sees a proxy/)]);
  const away = () => {
    throw new TransientError('connect ECONNREFUSED', { hint: 'start NGINX' });
  };
  expect(await after(away)).toEqual([expect.stringMatching(/^warn connect ECONNREFUSED.*not known$/)]);
  expect(await after(() => good)).toEqual([]);
});

it('an AppSec that answers nothing is told, for as long as it does', async () => {
  const { good, after } = watching();
  const counted = (passed: number, failed: number) => () => ({ ...good, appsec: { passed, blocked: 0, failed } });
  expect(await after(counted(5, 0), 20)).toEqual([]);
  expect(await after(counted(5, 3), 20)).toEqual([
    expect.stringMatching(/^warn AppSec has answered none of the last 3/),
  ]);
  expect(await after(counted(9, 4), 20)).toEqual([]);
  expect(await after(counted(9, 4), 20)).toEqual([]);
});

it('a list that was just written is no concern', async () => {
  const { good, after } = watching();
  expect(await after(() => good, 14)).toEqual([]);
  expect(await after(() => ({ ...good, list: '00000001' }), 2)).toEqual([]);
  expect(await after(() => good, 10)).toEqual([]);
});
