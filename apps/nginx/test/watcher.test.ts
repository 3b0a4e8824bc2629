import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { NginxValues } from '../src/config.ts';
import { setupText } from '../src/setup.ts';
import { NGINX, nginxMissing, streamModules } from './debian-nginx.ts';
import { ban, geoTarget, hold } from './fixture.ts';
import { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();

/** The script as `setup` prints it. */
function script(outputDir: string): string {
  const values = { mode: 'geo', outputDir, lapiUrl: 'https://c/lapi' } as NginxValues;
  const text = /^#!\/bin\/sh\n[^]*\n\) &$/m.exec(setupText(values))?.[0];
  if (text === undefined) throw new Error('setup prints no script');
  return `${text}\n`;
}

/** Runs it by /bin/sh; its `nginx` is the one of the test, its seconds are hundredths. */
function startWatcher(nginx: RealNginx): { readonly calls: () => string } {
  const bin = path.join(nginx.folder, 'bin');
  const log = path.join(nginx.folder, 'calls');
  mkdirSync(bin);
  const put = (name: string, text: string) => {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  const call = `${NGINX} -p ${nginx.folder} -c ${nginx.conf} -e ${nginx.folder}/error.log "$@"`;
  put('nginx', `${call}; code=$?; echo "$* $code" >> ${log}; exit $code`);
  put('sleep', 'exec /bin/sleep "$(printf 0.%02d "$1")"');
  writeFileSync(log, '');
  const file = path.join(nginx.folder, '99-crowdsec.sh');
  writeFileSync(file, script(nginx.output));
  const child = spawn('/bin/sh', [file], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
  });
  onTestFinished(() => {
    // The loop goes on when the script has ended, in its process group.
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  });
  return { calls: () => readFileSync(log, 'utf8') };
}

describe.skipIf(reason !== undefined)(`the watcher of the official image (${reason ?? 'ready'})`, () => {
  it('reloads NGINX when the lists have changed, and leaves it alone while they are not sound', async () => {
    const nginx = new RealNginx();
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const target = geoTarget(nginx.output);
    await hold(target, [ban('45.83.64.1')]);
    await nginx.configure({
      modules: streamModules,
      http: `include ${nginx.output}/crowdsec-geo.conf;`,
      server: `include ${nginx.output}/crowdsec-geo-server.conf;`,
    });
    const { calls } = startWatcher(nginx);
    await nginx.start();
    expect(await nginx.status('45.83.64.2')).toBe(200);
    await hold(target, [ban('45.83.64.2')]);
    await until('the ban counts', async () => (await nginx.status('45.83.64.2')) === 403);
    await until('the old workers are gone', () => nginx.workers.length === 1);
    expect(calls()).toMatch(/^-t -q 0\n-s reload 0\n/);
    const { workers } = nginx;

    const list = path.join(nginx.output, 'crowdsec-ipv4.ranges');
    const good = readFileSync(list);
    writeFileSync(list, 'nonsense\n');
    await until('it was tested twice', () => (calls().match(/-t -q 1\n/g)?.length ?? 0) >= 2);
    expect([nginx.workers, await nginx.status('45.83.64.2')]).toEqual([workers, 403]);
    const before = calls();
    writeFileSync(list, good);
    await until('it reloads again', () => calls().slice(before.length).includes('-s reload 0'));
    expect(await nginx.status('45.83.64.2')).toBe(403);
  });
});
