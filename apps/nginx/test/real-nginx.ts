import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, until } from '@bouncer/sandbox';
import { NGINX, luaModules } from './debian-nginx.ts';

/** What goes into the configuration of a test's own NGINX. */
export interface NginxOptions {
  readonly workers?: number;
  /** Lines of the http block. */
  readonly http?: string;
  /** Lines of the server block. */
  readonly server?: string;
  /** More blocks beside http. */
  readonly main?: string;
  /** Default: those of Lua. */
  readonly modules?: readonly string[];
  /** Default 127.0.0.1. */
  readonly trusted?: string;
  /** A program that becomes NGINX, in front of its command. */
  readonly launcher?: readonly string[];
}

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
  /** Process id of the worker that gave it. */
  readonly worker: number;
}

/** How a request is made: client address as `X-Real-IP`, and whatever else. */
export interface Ask {
  readonly from?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly viaSocket?: boolean;
  readonly body?: string;
}

/** A real NGINX on a loopback port, in a folder of its own; never the system's. */
export class RealNginx implements AsyncDisposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'nginx-'));
  /** What connector and NGINX share. */
  readonly output = path.join(this.folder, 'output');
  port = 0;
  #child: ChildProcess | undefined;
  #options: NginxOptions = {};

  constructor() {
    // The workers run as another user.
    chmodSync(this.folder, 0o755);
    mkdirSync(this.output, { mode: 0o755 });
    mkdirSync(path.join(this.folder, 'html'), { mode: 0o755 });
    writeFileSync(path.join(this.folder, 'html/page.html'), 'hello\n');
  }

  get conf(): string {
    return path.join(this.folder, 'nginx.conf');
  }

  get errors(): string {
    return readFileSync(path.join(this.folder, 'error.log'), 'utf8');
  }

  get master(): number {
    return this.#child?.pid ?? 0;
  }

  /** Process ids of the workers, sorted. */
  get workers(): number[] {
    const children = readFileSync(`/proc/${this.master}/task/${this.master}/children`, 'utf8').trim();
    return children === ''
      ? []
      : children
          .split(' ')
          .map(Number)
          .sort((a, b) => a - b);
  }

  async configure(options: NginxOptions): Promise<void> {
    this.#options = options;
    if (this.port === 0) this.port = await freePort();
    writeFileSync(this.conf, configuration(this, options));
  }

  /** What `nginx -t` says; undefined when it is content. */
  test(): string | undefined {
    const { status, stderr } = spawnSync(NGINX, this.#arguments('-t'), { encoding: 'utf8' });
    return status === 0 ? undefined : stderr;
  }

  async start(): Promise<void> {
    const [program = NGINX, ...rest] = [...(this.#options.launcher ?? []), NGINX, ...this.#arguments()];
    const child = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit'] });
    this.#child = child;
    const { workers = 1 } = this.#options;
    await until(
      'NGINX runs',
      () => {
        if (child.exitCode !== null) throw new Error(`NGINX ended with ${child.exitCode}: ${this.errors}`);
        return this.workers.length === workers;
      },
      120,
    );
  }

  /** A reload as `nginx -s reload` does it; resolves once the old workers are gone. */
  async reload(): Promise<void> {
    const { workers: old } = this;
    process.kill(this.master, 'SIGHUP');
    await until(
      'the workers are new',
      () => {
        const now = this.workers;
        return now.length === old.length && now.every((pid) => !old.includes(pid));
      },
      120,
    );
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  ask({
    from,
    path: target = '/page.html',
    method = 'GET',
    headers = {},
    viaSocket = false,
    body,
  }: Ask = {}): Promise<Answer> {
    const where = viaSocket
      ? { socketPath: path.join(this.folder, 'http.sock') }
      : { host: '127.0.0.1', port: this.port };
    const named = { ...(from !== undefined && { 'X-Real-IP': from }), ...headers };
    return new Promise((resolve, reject) => {
      const call = request(
        { ...where, path: target, method, headers: named, agent: false, timeout: 10_000 },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('error', reject).on('end', () => {
            const worker = Number(response.headers['x-worker']);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, worker });
          });
        },
      );
      call.on('error', reject);
      call.on('timeout', () => call.destroy(new Error('NGINX does not answer')));
      call.end(body);
    });
  }

  async status(from: string, target?: string): Promise<number> {
    return (await this.ask({ from, ...(target !== undefined && { path: target }) })).status;
  }

  /** Asks on new connections until each of the workers has given this status as its last answer. */
  async everyWorker(from: string, status: number, seconds = 120): Promise<void> {
    const last = new Map<number, number>();
    await until(
      `${status} for ${from} in every worker`,
      async () => {
        const { worker, status: got } = await this.ask({ from });
        last.set(worker, got);
        return this.workers.every((pid) => last.get(pid) === status);
      },
      seconds,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #arguments(...more: string[]): string[] {
    return ['-p', this.folder, '-c', this.conf, '-e', path.join(this.folder, 'error.log'), ...more];
  }
}

function configuration({ folder, port }: RealNginx, options: NginxOptions): string {
  const { workers = 1, http = '', server = '', main = '', modules = luaModules, trusted = '127.0.0.1' } = options;
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `${modules.map((file) => `load_module ${file};`).join('\n')}
daemon off;
worker_processes ${workers};
pid ${folder}/nginx.pid;
error_log ${folder}/error.log info;
events { worker_connections 256; }
${main.replaceAll('OUTPUT', `${folder}/output`)}
http {
  ${temp.join('\n  ')}
  access_log off;
  set_real_ip_from ${trusted};
  real_ip_header X-Real-IP;
  types { text/html html; application/json json; }
  ${http}
  server {
    listen 127.0.0.1:${port} reuseport;
    listen unix:${folder}/http.sock;
    root ${folder}/html;
    add_header X-Worker $pid always;
    ${server}
  }
}
`;
}
