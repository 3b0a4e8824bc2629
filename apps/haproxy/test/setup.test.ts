import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Socket } from '../src/config.ts';
import { setupText } from '../src/setup.ts';
import { HAPROXY, haproxyMissing } from './debian-haproxy.ts';

const reason = await haproxyMissing();

/** The sections by their numbers, and lines that are offered in comments. */
function partsOf(text: string) {
  const parts = text.split(/^# (?=\d\. )/m);
  const lines = (part: string): string[] => part.split('\n').filter((line) => /^ {4}\S/.test(line));
  const offered = [...text.matchAll(/^# {8}(\S.*)$/gm)].map(([, line]) => line ?? '');
  const shell = (parts[1] ?? '').split('\n').filter((line) => /^(mkdir|touch) /.test(line));
  return { shell, global: lines(parts[2] ?? ''), rules: lines(parts[3] ?? ''), offered };
}

describe.skipIf(reason !== undefined)(`what setup prints (${reason ?? 'ready'})`, () => {
  const sockets: readonly ((folder: string) => Socket)[] = [
    (folder) => ({ path: path.join(folder, 'admin.sock') }),
    () => ({ host: '127.0.0.1', port: 9999 }),
  ];

  it.each(sockets)('is taken by HAProxy as it stands, in mode http and tcp, alone and behind a proxy', (socketIn) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'setup-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const text = setupText({ socket: socketIn(folder), acl: path.join(folder, 'list/crowdsec.acl') });
    const { shell, global, rules, offered } = partsOf(text);
    expect([shell.length, global.length, rules.length, offered.length]).toEqual([2, 2, 2, 2]);
    expect(spawnSync('sh', ['-ec', shell.join('\n')]).status).toBe(0);
    const [deny = '', reject = ''] = rules;
    const [proxyProtocol = '', forwarded = ''] = offered;
    const session = reject.replace('tcp-request connection', 'tcp-request session');
    for (const [mode, lines] of [
      ['http', [deny]],
      ['tcp', [reject]],
      ['http', [reject]],
      ['http', [forwarded, deny]],
      ['http', [proxyProtocol, deny]],
      ['tcp', [proxyProtocol, session]],
    ] as const) {
      const file = path.join(folder, 'haproxy.cfg');
      const limits = ['client', 'server', 'connect'].map((each) => `timeout ${each} 5s`).join('\n');
      const head = `global\n${global.join('\n')}\ndefaults\nmode ${mode}\n${limits}\n`;
      writeFileSync(file, `${head}frontend web\nbind 127.0.0.1:1\n${lines.join('\n')}\ndefault_backend b\nbackend b\n`);
      const { status, stderr } = spawnSync(HAPROXY, ['-c', '-f', file], { encoding: 'utf8' });
      expect([lines, status, stderr.match(/ALERT|WARNING.*/g)]).toEqual([lines, 0, null]);
    }
  });
});
