import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerTo } from '../network/answer-to.ts';
import { realAppsecMissing } from '../real-lapi/package-files.ts';
import { startRealLapi } from '../real-lapi/start-real-lapi.ts';
import type { RealLapi } from '../real-lapi/start-real-lapi.ts';
import { startAppsec } from './start-appsec.ts';

const missing = await realAppsecMissing();

interface Place {
  readonly url: string;
  readonly key: string;
}

interface Probe {
  readonly method?: string;
  /** Without the prefix; null leaves one out. */
  readonly of?: Readonly<Record<string, string | null>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Asks once. `of` goes over headers that are right. */
async function ask({ url, key }: Place, { method = 'GET', of = {}, headers = {}, body }: Probe) {
  const asked: Record<string, string | null> = {
    ip: '198.51.100.7',
    uri: '/',
    host: 'a.test',
    verb: 'GET',
    'user-agent': 'x',
    'api-key': key,
    ...of,
  };
  const named = Object.entries(asked).filter((each): each is [string, string] => each[1] !== null);
  const ours = Object.fromEntries(named.map(([name, value]) => [`X-Crowdsec-Appsec-${name}`, value]));
  const place = url.startsWith('unix:') ? { socketPath: url.slice('unix://'.length) } : { port: new URL(url).port };
  const call = request({ host: '127.0.0.1', ...place, method, headers: { ...ours, ...headers }, agent: false });
  const response = await answerTo(call.end(body));
  let text = '';
  for await (const part of response) text += String(part);
  return `${response.statusCode ?? 0} ${text}`;
}

const allow = '200 {"action":"allow","http_status":200}';
const ban = '403 {"action":"ban","http_status":403}';
const broken = '500 ';
const ssti = 'a=freemarker.template.utility.Execute';
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

const probes: readonly (readonly [string, Probe, string])[] = [
  ['a page', {}, allow],
  ['what a rule names', { of: { uri: '/.env' } }, ban],
  ['in capitals, deep down, with a query', { of: { uri: '/a/b/.ENV?x=1' } }, ban],
  ['in a query only', { of: { uri: '/a?x=/.env' } }, allow],
  ['a wrong key', { of: { 'api-key': 'wrong' } }, '401 '],
  ['no key', { of: { 'api-key': null } }, '401 '],
  ['a wrong key before all else', { of: { 'api-key': 'wrong', ip: null } }, '401 '],
  ['no address', { of: { ip: null } }, broken],
  ['no path', { of: { uri: null } }, broken],
  ['no method', { of: { verb: null } }, broken],
  ['no host', { of: { host: null } }, allow],
  ['no version', { of: { 'http-version': null } }, allow],
  ['a version of two digits', { of: { 'http-version': '20' } }, allow],
  ['a version that is none', { of: { 'http-version': 'HTTP/2.0' } }, allow],
  ['no user agent', { of: { 'user-agent': null } }, allow],
  ['an escape that is none', { of: { uri: '/%zz' } }, broken],
  ['an escape that is none, in a query', { of: { uri: '/a?%zz' } }, allow],
  ['an escape that is none, in a fragment', { of: { uri: '/.env#%zz' } }, broken],
  ['two slashes, and a port that is none', { of: { uri: '//a:b/.env' } }, broken],
  ['two slashes, and a host', { of: { uri: '//a/.env' } }, ban],
  ['two slashes, and a host that is none', { of: { uri: '//a^b/.env' } }, broken],
  ['three slashes', { of: { uri: '///a:b/.env' } }, ban],
  ['a form that a rule names', { method: 'POST', of: { verb: 'POST' }, headers: form, body: ssti }, ban],
  ['a form', { method: 'POST', of: { verb: 'POST' }, headers: form, body: 'a=b' }, allow],
  [
    'a body by GET that a rule names',
    { of: { verb: 'GET' }, headers: { ...form, 'Content-Length': String(ssti.length) }, body: ssti },
    ban,
  ],
  ['10 MB', { method: 'POST', of: { verb: 'POST' }, body: Buffer.alloc(10 * 1024 * 1024, 'a') }, allow],
  [
    'a byte more than 10 MB',
    { method: 'POST', of: { verb: 'POST' }, body: Buffer.alloc(10 * 1024 * 1024 + 1, 'a') },
    ban,
  ],
];

describe('the stand-in of AppSec', () => {
  it.each(probes)('%s', async (_, probe, answer) => {
    await using appsec = await startAppsec();
    expect(await ask(appsec, probe)).toBe(answer);
  });

  it('listens on a socket as well, goes away and comes back', async () => {
    await using appsec = await startAppsec({ socket: `/tmp/appsec-${process.pid}.sock` });
    expect(await ask(appsec, { of: { uri: '/.env' } })).toBe(ban);
    await appsec.down();
    await expect(ask(appsec, {})).rejects.toThrow(/ENOENT|ECONNREFUSED/);
    await appsec.up();
    expect(await ask(appsec, {})).toBe(allow);
    expect(appsec.requests.map(({ uri }) => uri)).toEqual(['/.env', '/']);
  });
});

describe.skipIf(missing !== undefined)(`a real AppSec says the same (${missing ?? 'ready'})`, () => {
  let real: RealLapi | undefined;
  let key = '';
  beforeAll(async () => {
    real = await startRealLapi({ appsec: true });
    key = await real.addBouncer('test');
  }, 120_000);
  afterAll(() => real?.stop());

  it.each(probes)('%s', async (_, probe, answer) => {
    expect(await ask({ url: real?.appsecUrl ?? '', key }, probe)).toBe(answer);
  });
});
