import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '@bouncer/stream';
import { freePort, until } from '@bouncer/sandbox';
import { AclFile } from '../src/acl-file.ts';
import { readAcls } from '../src/answers.ts';
import { RuntimeApi } from '../src/runtime-api.ts';
import { HaproxyTarget } from '../src/target.ts';
import { HAPROXY } from './debian-haproxy.ts';

/** Never aborted. */
export const calm = new AbortController().signal;

/** Counts the commands that change an ACL. */
class CountingApi extends RuntimeApi {
  writes = 0;

  override ask(line: string, signal: AbortSignal): Promise<string> {
    const writes = line.split(';').filter((command) => /^(add|del|clear|prepare|commit|set) /.test(command));
    if (!signal.aborted) this.writes += writes.length;
    return super.ask(line, signal);
  }
}

/** A real HAProxy in a folder of its own, master and worker; it believes a header as to where its clients come from. */
export class RealHaproxy implements AsyncDisposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'haproxy-'));
  readonly socket = path.join(this.folder, 'admin.sock');
  readonly acl = path.join(this.folder, 'list', 'crowdsec.acl');
  readonly configuration = path.join(this.folder, 'haproxy.cfg');
  readonly api = new CountingApi({ path: this.socket }, systemClock);
  port = 0;
  /** Below `stats socket`, and the rules of the frontend. */
  level = 'admin';
  rules = ['http-request deny if { src -f ACL }'];
  #process: ChildProcess | undefined;
  #errors = '';

  /** A target for it, as the connector makes it. */
  target(file: AclFile | undefined = AclFile.of(this.acl)): HaproxyTarget {
    return new HaproxyTarget({ socket: { path: this.socket }, acl: this.acl }, this.api, file);
  }

  /** Settings that lead here. */
  get env(): Readonly<Record<string, string>> {
    return { HAPROXY_SOCKET: this.socket, HAPROXY_ACL: this.acl };
  }

  async start(): Promise<void> {
    this.port ||= await freePort();
    this.configure();
    const child = spawn(HAPROXY, ['-W', '-f', this.configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (text: Buffer) => (this.#errors += text.toString()));
    this.#process = child;
    await this.#ready('');
  }

  /** Writes the configuration; HAProxy reads it when it starts or reloads. */
  configure(): void {
    if (!statSync(this.acl, { throwIfNoEntry: false })) {
      spawnSync('mkdir', ['-p', path.dirname(this.acl)]);
      writeFileSync(this.acl, '');
    }
    const rules = this.rules.map((rule) => rule.replaceAll('ACL', this.acl));
    writeFileSync(
      this.configuration,
      haproxyConfiguration({ socket: this.socket, level: this.level, port: this.port, rules }),
    );
  }

  /** As `systemctl reload haproxy`: a new worker, which reads configuration and ACL file. */
  async reload(): Promise<void> {
    this.configure();
    await this.#ready(await this.pid());
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  /** The status that a client with this address sees. */
  status(from: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { port: this.port, host: '127.0.0.1', headers: { 'x-from': from }, agent: false },
        (answer) => {
          answer.resume().on('end', () => {
            resolve(answer.statusCode ?? 0);
          });
        },
      );
      sent.on('error', reject).end();
    });
  }

  /** Entries that the running process holds. */
  async count(): Promise<number> {
    const acls = readAcls(await this.api.ask('show acl', calm));
    return acls.find(({ name }) => name === this.acl)?.entries ?? -1;
  }

  async pid(): Promise<string> {
    return /^Pid: (\d+)$/m.exec(await this.api.ask('show info', calm))?.[1] ?? '';
  }

  /** Until another worker than this one answers. */
  async #ready(old: string): Promise<void> {
    let looks = 0;
    await until('HAProxy answers', async () => {
      if (typeof this.#process?.exitCode === 'number') throw new Error(this.#errors);
      // More than once: a master that has just started anew misses the signal.
      if (old !== '' && looks++ % 100 === 0) this.#process?.kill('SIGUSR2');
      const pid = await this.pid().catch(() => '');
      return pid !== '' && pid !== old;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** haproxy.cfg with one frontend, which believes a header as to where its clients come from. */
export function haproxyConfiguration(options: {
  readonly socket: string;
  readonly level: string;
  readonly port: number;
  readonly rules: readonly string[];
}): string {
  const { socket, level, port, rules } = options;
  return `global
    stats socket ${socket} mode 660 level ${level}
    hard-stop-after 1s
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend web
    bind 127.0.0.1:${port}
    http-request set-src req.hdr(x-from) if { req.hdr(x-from) -m found }
    ${rules.join('\n    ')}
    http-request return status 200
`;
}
