import { freePort, packagesMissing, until } from '@bouncer/sandbox';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ask } from './ask.ts';
import { lookOfStatus } from './stage.ts';
import type { Stage, StageKind } from './stage.ts';

const HAPROXY = '/usr/sbin/haproxy';

/** A real HAProxy behind a proxy on loopback that it trusts. */
export const haproxy: StageKind = {
  missing: () => packagesMissing({ packages: ['haproxy'], files: [HAPROXY] }),
  async start(): Promise<Stage> {
    const folder = mkdtempSync(path.join(tmpdir(), 'demo-haproxy-'));
    const [socket, acl, config] = ['admin.sock', 'crowdsec.acl', 'haproxy.cfg'].map((name) => path.join(folder, name));
    const port = await freePort();
    writeFileSync(acl ?? '', '');
    writeFileSync(config ?? '', configuration(port, socket ?? '', acl ?? ''));
    const child = spawn(HAPROXY, ['-db', '-f', config ?? ''], { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'close');
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    async function stop(): Promise<void> {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    }
    try {
      await until('HAProxy answers', async () => {
        if (child.exitCode !== null) throw new Error(`HAProxy ended with ${child.exitCode}: ${errors}`);
        return (await ask(port, '/')) === 200;
      });
    } catch (error) {
      await stop();
      throw error;
    }
    let before = '';
    return {
      what: `a real HAProxy on port ${port}`,
      target: { socket: socket ?? '', acl: acl ?? '' },
      async look(address) {
        const status = await ask(port, '/', { 'X-Forwarded-For': address });
        return status === undefined ? { state: 'unclear', seen: 'no answer' } : lookOfStatus(status, 'HAProxy');
      },
      async writes() {
        // Each entry stands behind a reference that is new when it was written again.
        const [old, now] = [new Set(before.split('\n')), await command(socket ?? '', `show acl ${acl ?? ''}`)];
        before = now;
        const lines = now.split('\n');
        const added = lines.filter((line) => !old.has(line)).length;
        return added + (old.size - (lines.length - added));
      },
      [Symbol.asyncDispose]: stop,
    };
  },
};

async function command(socket: string, text: string): Promise<string> {
  const connection = connect(socket);
  connection.end(`${text}\n`);
  let answer = '';
  for await (const part of connection.setEncoding('utf8')) answer += String(part);
  return answer.trim();
}

function configuration(port: number, socket: string, acl: string): string {
  return `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend site
  bind 127.0.0.1:${port}
  http-request set-src hdr_ip(x-forwarded-for) if { src 127.0.0.1 } { req.hdr(x-forwarded-for) -m found }
  http-request deny deny_status 403 if { src -f ${acl} }
  http-request return status 200 content-type text/plain string hello
`;
}
