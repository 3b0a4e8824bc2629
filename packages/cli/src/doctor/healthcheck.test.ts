import { describe, expect, it } from 'vitest';
import { urlAt, quickListen } from './healthcheck.ts';

describe('urlAt', () => {
  it.each([
    ['0.0.0.0:9460', 'http://127.0.0.1:9460/healthz'],
    [':9460', 'http://127.0.0.1:9460/healthz'],
    ['[::]:9460', 'http://[::1]:9460/healthz'],
    ['192.0.2.1:80', 'http://192.0.2.1:80/healthz'],
  ])('%s is asked at %s', (listen, url) => {
    expect(urlAt(listen, '/healthz')).toBe(url);
  });
});

describe('quickListen', () => {
  it('answers when the environment alone tells', () => {
    expect(quickListen(['healthcheck'], { HTTP_LISTEN: '0.0.0.0:9460' })).toBe('0.0.0.0:9460');
    expect(quickListen(['healthcheck'], { HTTP_LISTEN: ' OFF ' })).toBe('off');
  });

  it.each([
    [['run'], { HTTP_LISTEN: '0.0.0.0:9460' }],
    [['healthcheck', '--config', 'x'], { HTTP_LISTEN: '0.0.0.0:9460' }],
    [['healthcheck'], {}],
    [['healthcheck'], { HTTP_LISTEN: 'nonsense' }],
    [['healthcheck'], { HTTP_LISTEN: ':1', HTTP_LISTEN_FILE: '/x' }],
  ])('leaves %j %j to the loader', (args, env) => {
    expect(quickListen(args, env)).toBeUndefined();
  });
});
