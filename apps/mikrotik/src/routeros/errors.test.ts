import { AuthError, TransientError } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { trapError, trapKind } from './errors.ts';

describe('trapKind', () => {
  it.each([
    ['failure: already have such entry', 'duplicate'],
    ['no such item', 'missing'],
    ['no such item (4)', 'missing'],
    ['not enough permissions (9)', 'permission'],
    ['std failure: not allowed (9)', 'permission'],
    ['no such command prefix', 'no-command'],
    ['no such command or directory (ipv6)', 'no-command'],
    ['interrupted', 'interrupted'],
    ['value of timeout is out of range (00:00:00 .. 35w3d13:13:56)', 'invalid'],
    ['failure: 203.0.113.1-254 is not a valid dns name', 'invalid'],
    ['invalid value for argument address', 'invalid'],
    ['input does not match any value of interface', 'invalid'],
    ['unknown parameter timeout', 'invalid'],
    ['missing =list=', 'invalid'],
    ['failure: out of memory', 'full'],
    ['failure: table is full', 'full'],
    ['failure: nobody knows this text', 'other'],
  ])('%s: %s', (message, kind) => {
    expect(trapKind(message)).toBe(kind);
  });
});

describe('trapError', () => {
  it('names the policy that is missing', () => {
    const error = trapError('not enough permissions (9)', '/ip/firewall/address-list/add', 'write');
    expect(error).toBeInstanceOf(AuthError);
    expect(error.message).toContain('`write`');
    expect(error.hint).toContain('policy=read,write,api');
  });

  it('is worth another try otherwise', () => {
    const error = trapError('failure: out of memory', '/ip/firewall/address-list/add', 'write');
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toContain('out of memory');
  });
});
