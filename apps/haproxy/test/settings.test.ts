import { hostileSettingsSuite } from '@bouncer/testkit';
import { describe, expect, it } from 'vitest';
import { haproxySettings } from '../src/config.ts';
import { kind } from '../src/kind.ts';

hostileSettingsSuite(kind, { HAPROXY_SOCKET: '/run/haproxy/admin.sock' });

describe('HAPROXY_SOCKET', () => {
  const parse = (text: string): unknown => haproxySettings.socket.kind.parse(text);

  it('is a path, as HAProxy writes it too, or host:port', () => {
    for (const text of ['/run/haproxy/admin.sock', 'unix@/run/haproxy/admin.sock', 'unix:///run/haproxy/admin.sock'])
      expect(parse(text)).toEqual({ value: { path: '/run/haproxy/admin.sock' } });
    expect(parse('127.0.0.1:9999')).toEqual({ value: { host: '127.0.0.1', port: 9999 } });
    expect(parse('[::1]:9999')).toEqual({ value: { host: '::1', port: 9999 } });
  });

  it.each(['admin.sock', 'haproxy', '/run/a b', '/run/a;b', '', ':9999', 'host:0'])('is not %j', (text) => {
    expect(parse(text)).toHaveProperty('problem');
  });
});

describe('HAPROXY_ACL', () => {
  it('takes nothing that begins another command or word', () => {
    const parse = (text: string): unknown => haproxySettings.acl.kind.parse(text);
    for (const text of ['/etc/haproxy/crowdsec.acl', '#3', 'lists/crowdsec.acl', 'virt@crowdsec'])
      expect(parse(text)).toEqual({ value: text });
    for (const text of ['#x', '/a;shutdown', '/a b', "/a'", '/a\\', '-f', '@1', ''])
      expect(parse(text)).toHaveProperty('problem');
  });
});
