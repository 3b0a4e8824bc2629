import { createServer, type Server, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import type { CheckStep } from '@bouncer/target';
import { AuthError, ConfigError, ManualClock, TransientError, type Clock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RuntimeApi } from '../src/runtime-api.ts';
import { HaproxyTarget } from '../src/target.ts';
import { calm } from './real-haproxy.ts';

const info = 'Name: HAProxy\nVersion: 2.6.12\nPid: 7\nStart_time_sec: 1\n\n';
const head = '# id (file) description\n';
const acls = (entries: number): string =>
  `${head}0 (/a.acl) pattern loaded from file '/a.acl' used by acl at file 'h.cfg' line 9. curr_ver=0 next_ver=0 entry_cnt=${entries}\n\n`;

/** A socket that answers each line in its own way, and the target that asks there. */
async function answering(
  answer: (line: string, socket: Socket) => void,
  clock: Clock = new ManualClock(),
): Promise<HaproxyTarget> {
  const folder = mkdtempSync(path.join(tmpdir(), 'socket-'));
  const file = path.join(folder, 's');
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (line: Buffer) => {
      answer(line.toString().trim(), socket);
    });
  }).listen(file);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return new HaproxyTarget({ socket: { path: file }, acl: '/a.acl' }, new RuntimeApi({ path: file }, clock), undefined);
}

/** Answers as HAProxy does, but for some commands. */
function haproxy(others: Readonly<Record<string, string>>): Promise<HaproxyTarget> {
  const all: Readonly<Record<string, string>> = {
    'show info': info,
    'show acl': acls(1),
    'show acl /a.acl': '0x1 45.1.1.1\n\n',
    'show cli level': 'admin\n\n',
    ...others,
  };
  return answering((line, socket) => socket.end(all[line] ?? '\n'));
}

describe('what is no answer of HAProxy', () => {
  it.each([
    ['show info', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['show info', ''],
    ['show acl', ''],
    ['show acl', head],
    ['show acl', `${head}nonsense\n\n`],
    ['show acl /a.acl', ''],
    ['show acl /a.acl', '0x1 45.1.1.1\n'],
    ['show acl /a.acl', '0x1 45.1.1.1\n0x2 45.1'],
    ['show acl /a.acl', '45.1.1.1\n\n'],
    ['show acl /a.acl', '\n\n'],
  ])('to %s (%j) is never an empty list', async (command, answer) => {
    const target = await haproxy({ [command]: answer });
    await expect(target.list(calm)).rejects.toThrow(TransientError);
  });

  it('but an empty line is one', async () => {
    const target = await haproxy({ 'show acl /a.acl': '\n' });
    expect((await target.list(calm)).held.size).toBe(0);
  });
});

describe('what HAProxy refuses', () => {
  it('is named: permission denied, and an ACL that is not there', async () => {
    await expect((await haproxy({ 'show acl': 'Permission denied\n\n' })).open(calm)).rejects.toThrow(AuthError);
    await expect((await haproxy({ 'show acl': `${head}\n` })).open(calm)).rejects.toThrow(ConfigError);
    const steps: CheckStep[] = [];
    for await (const step of (await haproxy({ 'show acl': 'Permission denied\n\n' })).check(calm)) steps.push(step);
    expect(steps.at(-1)).toMatchObject({ level: 'fail', fix: expect.stringContaining('level admin') as string });
  });

  it('a level below admin is told by check', async () => {
    const steps: CheckStep[] = [];
    for await (const step of (await haproxy({ 'show cli level': 'operator\n\n' })).check(calm)) steps.push(step);
    expect(steps.find(({ step }) => step === 'level')).toMatchObject({ level: 'warn' });
  });
});

describe('a socket that takes the command and never answers to its end', () => {
  it.each(['', 'Name: HAProxy\n'])('is given up within 60 s (after %j)', async (text) => {
    const clock = new ManualClock();
    let asked = (): void => undefined;
    const reached = new Promise<void>((resolve) => (asked = resolve));
    const target = await answering((_, socket) => {
      socket.write(text);
      asked();
    }, clock);
    const opened = expect(target.open(calm)).rejects.toThrow(/no whole answer in 45 s/);
    await reached;
    await clock.advance(60_000);
    await opened;
  });
});
