import { AuthError, ConfigError, TransientError, hintOf } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { failureOf } from './program-error.ts';
import { programRunner } from './program.ts';

const calm = new AbortController().signal;
const run = programRunner();

describe('running a program', () => {
  it('feeds it its input and gives its output', async () => {
    expect(await run({ program: 'cat', args: [], input: ['a\n', 'b\n'], signal: calm })).toBe('a\nb\n');
  });

  it('gives the output line by line, the last one without its end as well', async () => {
    const lines: string[] = [];
    const input = ['one\ntw', 'o\nthr', 'ee'];
    const left = await run({ program: 'cat', args: [], input, signal: calm, onLine: (line) => lines.push(line) });
    expect([lines, left]).toEqual([['one', 'two', 'three'], '']);
  });

  it('puts no shell in between', async () => {
    expect(await run({ program: 'echo', args: ['$HOME; `id` "x"'], signal: calm })).toBe('$HOME; `id` "x"\n');
  });

  it('tells how to get a program that is not there', async () => {
    const error: unknown = await run({ program: 'nft-that-is-not-there', args: [], signal: calm }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(hintOf(error)).toContain('apt-get install');
  });

  it('gives up with the reason of its caller, and leaves no process behind', async () => {
    const stop = new AbortController();
    const running = run({ program: 'sleep', args: ['60'], signal: stop.signal });
    stop.abort(new Error('told to stop'));
    await expect(running).rejects.toThrow('told to stop');
  });

  it('is not harmed by a program that does not read its input', async () => {
    const endless = Array.from({ length: 2000 }, () => 'x'.repeat(1000));
    await expect(run({ program: 'false', args: [], input: endless, signal: calm })).rejects.toThrow(TransientError);
  });
});

it('does not take input that could not be made for success', async () => {
  function* broken(): Generator<string> {
    yield 'a';
    throw new Error('not an address');
  }
  await expect(run({ program: 'cat', args: [], input: broken(), signal: calm })).rejects.toThrow('not an address');
});

describe('what a failed program means', () => {
  it.each([
    ['Error: Could not process rule: Operation not permitted', AuthError, 'rights'],
    ['netlink: Error: cache initialization failed: Operation not permitted', AuthError, 'rights'],
    ['ipset v7.17: Kernel error received: Operation not permitted', AuthError, 'rights'],
    [
      'iptables-restore v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)',
      AuthError,
      'rights',
    ],
    ['/dev/stdin:1:1-10: Error: Could not process rule: No such file or directory', TransientError, 'gone'],
    ['ipset v7.17: The set with the given name does not exist', TransientError, 'gone'],
    ['Error: Could not process rule: Operation not supported', ConfigError, 'kernel'],
    ['Error: interval overlaps with an existing one', TransientError, 'refused'],
    ['', TransientError, 'refused'],
  ])('%j', (complaint, kind, word) => {
    const error = failureOf('nft', 1, complaint);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ kind: word });
    expect(hintOf(error)).not.toBe('');
  });

  it('names the right and how to give it', () => {
    expect(hintOf(failureOf('nft', 1, 'Error: Operation not permitted'))).toContain('CAP_NET_ADMIN');
  });

  it('quotes one line without the path of the script', () => {
    const error = failureOf('nft', 1, '/dev/stdin:3:5-9: Error: syntax error, unexpected string\nadd foo\n    ^^^^\n');
    expect(error.message).toBe('nft: Error: syntax error, unexpected string');
  });
});
