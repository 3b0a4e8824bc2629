// Stands for Docker's compose plugin, which Debian lacks: `docker compose -f FILE up -d [--build] | stop | down | run --rm
// SERVICE WORDS | exec SERVICE WORDS`, by `docker` itself. Docker starts it as `docker-compose`; see Desk.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readComposition } from './compose-file.ts';
import type { ComposedService } from './compose-file.ts';

const [, , first = '', ...args] = process.argv;

/** Runs docker, which has to succeed. */
function docker(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`docker ${words.join(' ')}: ${stderr.trim()}`);
  return stdout.trim();
}

function isThere(what: 'container' | 'image' | 'network', name: string): boolean {
  return spawnSync('docker', [what, 'inspect', name], { stdio: 'ignore' }).status === 0;
}

/** As compose waits for `service_healthy`. */
function waitFor(container: string): void {
  const end = Date.now() + 240_000;
  while (docker('inspect', '--format', '{{.State.Health.Status}}', container) !== 'healthy') {
    if (Date.now() > end) {
      const last = docker('inspect', '--format', '{{json .State.Health}}', container);
      throw new Error(`dependency failed to start: container ${container} is unhealthy: ${last}`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

/** Starts what is not there; what is there with other words is made anew. */
function up({ container, options, image }: ComposedService): void {
  const hash = createHash('sha256')
    .update(JSON.stringify([options, image]))
    .digest('hex');
  if (isThere('container', container)) {
    if (docker('inspect', '--format', '{{.Config.Labels.words}}', container) === hash) {
      docker('start', container);
      return;
    }
    docker('stop', container);
    docker('rm', container);
  }
  docker('run', '-d', '--name', container, '--label', `words=${hash}`, ...options, image);
}

/** Gives its own input and output to docker, and ends with its exit code. */
function handOver(...words: readonly string[]): void {
  process.exitCode = spawnSync('docker', words, { stdio: 'inherit' }).status ?? 1;
}

function main(): void {
  const [flag, file = '', verb, ...rest] = args;
  if (flag !== '-f') throw new Error(`this test does not know docker compose ${args.join(' ')}`);
  const { services, network, secrets } = readComposition(
    readFileSync(file, 'utf8'),
    path.resolve(path.dirname(file)),
    process.env,
  );
  const serviceOf = (name = ''): ComposedService => {
    const found = services.find(({ service }) => service === name);
    if (!found) throw new Error(`no such service: ${name}`);
    return found;
  };
  for (const secret of secrets) if (!existsSync(secret)) throw new Error(`bind source path does not exist: ${secret}`);
  if (!isThere('network', network)) docker('network', 'create', network);
  if (verb === 'up' && ['-d', '-d --build'].includes(rest.join(' '))) {
    for (const each of services) {
      for (const other of each.after) waitFor(serviceOf(other).container);
      // There is no network to build from: what the file's `build:` would make has been made.
      if (!isThere('image', each.image)) throw new Error(`pull access denied for ${each.image}`);
      up(each);
    }
    return;
  }
  const [option, name, ...command] = rest;
  if (verb === 'run' && option === '--rm') {
    const { options, image } = serviceOf(name);
    const once = options.filter(
      (word, at) => !word.startsWith('--restart=') && word !== '-p' && options[at - 1] !== '-p',
    );
    handOver('run', '--rm', ...once, image, ...command);
  } else if (verb === 'exec') {
    handOver('exec', serviceOf(option).container, ...rest.slice(1));
  } else if (verb === 'stop' || verb === 'down') {
    for (const { container } of services) if (isThere('container', container)) docker('stop', container);
    if (verb === 'stop') return;
    for (const { container } of services) if (isThere('container', container)) docker('rm', container);
    docker('network', 'rm', network);
  } else {
    throw new Error(`this test does not know docker compose ${args.join(' ')}`);
  }
}

if (first === 'docker-cli-plugin-metadata') {
  process.stdout.write('{"SchemaVersion":"0.1.0","Vendor":"a test","Version":"0"}');
} else {
  try {
    main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
