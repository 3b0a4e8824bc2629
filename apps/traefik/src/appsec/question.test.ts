import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { wordOf } from './appsec-client.ts';
import { plainUri, questionHeaders } from './question.ts';

describe('a question', () => {
  it.each([
    ['/page?x=%zz', '/page?x=%zz'],
    ['//.env', '/.env'],
    ['/%zz/.env', '/%25zz/.env'],
    ['/a%2fb%', '/a%2fb%25'],
    ['/a b\t', '/a%20b%09'],
    ['/a#b', '/a'],
    ['', '/'],
    ['*', '*'],
  ])('asks about %j as %j', (uri, asked) => {
    expect(plainUri(uri)).toBe(asked);
  });

  it('has our word on the protocol, and only ours', () => {
    const rawHeaders = [
      ...['X-CROWDSEC-Appsec-Ip', '10.0.0.1', 'x_crowdsec_appsec_verb', 'GET', 'Connection', 'close', 'Host', 'evil'],
      ...['X-Forwarded-Uri', '/.env', 'Content-Length', '99', 'Accept', 'a\u0001b', ':path', '/v1', 'User-Agent', 'me'],
    ];
    const asked = { method: 'POST', uri: '/.env', host: 'a.example', isTls: true, rawHeaders };
    const headers = questionHeaders(asked, '192.0.2.1' as Network, 'key', 3);
    const pairs = Array.from({ length: headers.length / 2 }, (_, index) => headers.slice(index * 2, index * 2 + 2));
    expect(Object.fromEntries(pairs)).toEqual({
      Host: 'appsec',
      'X-Crowdsec-Appsec-Api-Key': 'key',
      'X-Crowdsec-Appsec-Ip': '192.0.2.1',
      'X-Crowdsec-Appsec-Uri': '/.env',
      'X-Crowdsec-Appsec-Host': 'a.example',
      'X-Crowdsec-Appsec-Verb': 'POST',
      'X-Crowdsec-Appsec-User-Agent': 'me',
      'X-Crowdsec-Appsec-Http-Version': '11',
      'Content-Length': '3',
      Accept: 'a b',
      'User-Agent': 'me',
    });
  });
});

it.each([
  ['{"action":"allow","http_status":200}', { action: 'allow', status: 403 }],
  ['{"action":"ban","http_status":418}', { action: 'ban', status: 418 }],
  // Below 300 a proxy would let the visitor in.
  ['{"action":"ban","http_status":200}', { action: 'ban', status: 403 }],
  ['{"action":"captcha"}', { action: 'captcha', status: 403 }],
  ['{"action":"slow"}', { action: 'ban', status: 403 }],
  ['{"action":1}', undefined],
  ['[]', undefined],
  ['<html>', undefined],
])('the answer %s is %j', (text, word) => {
  expect(wordOf(text)).toEqual(word);
});
