import { until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseStatus, readStatus } from '../src/status/read-status.ts';
import { listMark } from '../src/status/status-steps.ts';
import { nginxMissing } from './debian-nginx.ts';
import { ban, hold, luaTarget } from './fixture.ts';
import { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();
const signal = new AbortController().signal;

describe.skipIf(reason !== undefined)(`counters (${reason ?? 'ready'})`, () => {
  it('are those of all workers, by family and origin', async () => {
    const nginx = new RealNginx();
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const spare = new RealNginx();
    onTestFinished(() => spare[Symbol.asyncDispose]());
    await spare.configure({});
    const statusUrl = `http://127.0.0.1:${spare.port}`;
    const entries = [ban('45.83.64.1'), ban('45.83.64.2', 900, 'CAPI'), ban('2a01:4f8::1', 900, 'lists')];
    await hold(luaTarget(nginx.output, { statusUrl }), entries);
    await nginx.configure({ workers: 2, http: `include ${nginx.output}/crowdsec.conf;` });
    await nginx.start();
    const asked = ['45.83.64.1', '45.83.64.1', '45.83.64.2', '2a01:4f8::1', '2a01:4f8::2', '45.83.64.3', '192.168.1.1'];
    for (const from of asked) await nginx.status(from);
    const byName = async () => {
      const { counters } = await readStatus(statusUrl, signal);
      return Object.fromEntries(
        counters.map((one) => [`${one.family} ${one.origin ?? 'all'}`, one.requests ?? one.processed]),
      );
    };
    await until(
      'all are counted',
      async () => Object.keys(await byName()).length === 5 && (await byName())['4 all'] === 5,
    );
    expect(await byName()).toEqual({ '4 all': 5, '6 all': 2, '4 cscli': 2, '4 CAPI': 1, '6 lists:test': 1 });
    const { seen } = await readStatus(statusUrl, signal);
    expect(seen.private + seen.public).toBeGreaterThan(0);
  });

  it('are told to private addresses alone, with the list that is held before any request has asked for it', async () => {
    const nginx = new RealNginx();
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const spare = new RealNginx();
    onTestFinished(() => spare[Symbol.asyncDispose]());
    await spare.configure({});
    const statusUrl = `http://127.0.0.1:${spare.port}`;
    await hold(luaTarget(nginx.output, { statusUrl }), [ban('45.83.64.1')]);
    await nginx.configure({ http: `include ${nginx.output}/crowdsec.conf;` });
    await nginx.start();
    expect((await readStatus(statusUrl, signal)).list).toBe(listMark(nginx.output));
    const asked = await fetch(statusUrl, { headers: { 'X-Real-IP': '45.83.64.9' } });
    expect([asked.status, await asked.text()]).toEqual([403, expect.not.stringContaining('crowdsec 1')]);
  });

  it('are asked of nobody else', async () => {
    const nginx = new RealNginx();
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    await nginx.configure({});
    await nginx.start();
    const url = `http://127.0.0.1:${nginx.port}`;
    await expect(readStatus(url, signal)).rejects.toThrow('NGINX_STATUS_URL: answered with status 403');
    await nginx.stop();
    await expect(readStatus(url, signal)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the lines of counters', () => {
  it('are read strictly', () => {
    const text =
      'crowdsec 1\n3 segments\n7 processed 4\n2 dropped 6 lists:a b\n5 appsec passed\n6 appsec away\n1 appsec failed\n9 seen private\n-1 dropped 4 x\n1 dropped 5 x\n<html>\n';
    const appsec = { passed: 5, blocked: 0, failed: 1 };
    expect(parseStatus(text)).toEqual({
      appsec,
      counters: [
        { family: 4, packets: 0, bytes: 0, processed: 7 },
        { family: 6, packets: 0, bytes: 0, origin: 'lists:a b', requests: 2 },
        { packets: 0, bytes: 0, appsec },
      ],
      list: undefined,
      segments: 3,
      seen: { private: 9, public: 0 },
    });
    expect(() => parseStatus('<html>')).toThrow('not by crowdsec.conf');
  });
});
