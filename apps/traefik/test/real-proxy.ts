import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { answerTo, until } from '@bouncer/sandbox';

const run = promisify(execFile);

/** A proxy that runs for one test. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  readonly output: () => string;
}

/** Makes sure that a program of Debian's is there. Why it cannot be used; undefined when it can. */
export async function missingProgram(program: string, debianPackage: string): Promise<string | undefined> {
  if (await isThere(program)) return undefined;
  if (process.getuid?.() !== 0) return `there is no ${program} here, and only root can install it`;
  try {
    // Nothing is started: the tests have instances of their own.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-qq', '--no-install-recommends', debianPackage], { env });
  } catch {
    // Told by what follows.
  }
  return (await isThere(program)) ? undefined : `apt-get could not install ${debianPackage}`;
}

async function isThere(program: string): Promise<boolean> {
  return run('/bin/sh', ['-c', 'command -v "$0"', program]).then(
    () => true,
    () => false,
  );
}

/** Starts a program in the foreground, in `folder` if one is given, and waits until its port takes connections. */
export async function startProxy(
  program: string,
  args: readonly string[],
  port: number,
  folder?: string,
): Promise<Proxy> {
  const child: ChildProcess = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (text: Buffer): void => {
    output = (output + text.toString()).slice(-20_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  let isOver = false;
  const ended = once(child, 'exit').then(() => {
    isOver = true;
  });
  await until(`${program} on its port`, async () => {
    if (isOver) throw new Error(`${program} ended: ${output}`);
    return isOpen(port);
  });
  return {
    port,
    output: () => output,
    async [Symbol.asyncDispose]() {
      if (!isOver) child.kill('SIGTERM');
      await ended;
    },
  };
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** One request; `headers` as a client or an outer proxy would send them. */
export async function get(
  port: number,
  headers: Readonly<Record<string, string>>,
  path = '/',
): Promise<{ readonly status: number; readonly body: string }> {
  const request = httpRequest({ port, host: '127.0.0.1', path, headers, agent: false }).end();
  const response = await answerTo(request);
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, body };
}
