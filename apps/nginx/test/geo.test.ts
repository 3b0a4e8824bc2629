import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { systemClock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NGINX, nginxMissing, streamModules } from './debian-nginx.ts';
import { ban, geoTarget, hold } from './fixture.ts';
import { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();

async function geoNginx(entries: readonly string[], server = '', main = '') {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  const flags = `-p ${nginx.folder} -c ${nginx.conf} -e ${nginx.folder}/error.log`;
  const onlyWhenRunning = (command: string) => `test ! -e ${nginx.folder}/nginx.pid || ${command}`;
  const target = geoTarget(nginx.output, systemClock, {
    test: { variable: 'NGINX_TEST_COMMAND', command: onlyWhenRunning(`${NGINX} ${flags} -t`) },
    reload: { variable: 'NGINX_RELOAD_COMMAND', command: onlyWhenRunning(`${NGINX} ${flags} -s reload`) },
  });
  await hold(
    target,
    entries.map((text) => ban(text)),
  );
  await nginx.configure({
    modules: streamModules,
    http: `include ${nginx.output}/crowdsec-geo.conf;`,
    server: `${server}\ninclude ${nginx.output}/crowdsec-geo-server.conf;`,
    main,
  });
  await nginx.start();
  return { nginx, target };
}

describe.skipIf(reason !== undefined)(`NGINX without Lua (${reason ?? 'ready'})`, () => {
  it('refuses the same addresses', async () => {
    const { nginx } = await geoNginx([
      '45.83.64.1',
      '45.83.64.2',
      '9.9.9.77/24',
      '45.85.0.0/16',
      '45.85.1.7',
      '2a01:4f8::ab',
      '2a09::5/32',
      '::ffff:45.83.68.5',
    ]);
    const refused = [
      '45.83.64.1',
      '45.83.64.2',
      '9.9.9.0',
      '9.9.9.255',
      '45.85.1.7',
      '45.85.255.255',
      '2a01:4f8::ab',
      '2a09:0:ffff::',
      '::ffff:45.83.64.1',
      '45.83.68.5',
    ];
    const served = [
      '45.83.64.0',
      '45.83.64.3',
      '9.9.8.255',
      '9.9.10.0',
      '2a01:4f8::aa',
      '2a09:1::',
      '255.255.255.255',
      '::1',
    ];
    const answers = await Promise.all([...refused, ...served].map(async (from) => [from, await nginx.status(from)]));
    expect(answers).toEqual([...refused.map((from) => [from, 403]), ...served.map((from) => [from, 200])]);
    expect((await nginx.ask({ viaSocket: true })).status).toBe(200);
    expect(readFileSync(path.join(nginx.output, 'crowdsec-ipv4.ranges'), 'utf8')).toContain('45.83.64.1-45.83.64.2 1;');
  });

  it('has an empty list as well, and servers that are left out', async () => {
    const { nginx, target } = await geoNginx([], 'set $crowdsec_disable_bouncer 1;');
    expect(await nginx.status('45.83.64.1')).toBe(200);
    await hold(target, [ban('45.83.64.1')]);
    expect(nginx.test()).toBeUndefined();
    expect(await nginx.status('45.83.64.1')).toBe(200);
  });

  it('is tested and reloaded with every change', async () => {
    const { nginx, target } = await geoNginx(['45.83.64.1']);
    await hold(target, [ban('45.83.64.9')]);
    await nginx.everyWorker('45.83.64.9', 403);
    await nginx.everyWorker('45.83.64.1', 200);
  });

  it('keeps the old lists when its configuration does not pass', async () => {
    const { nginx, target } = await geoNginx(['45.83.64.1']);
    const before = readFileSync(path.join(nginx.output, 'crowdsec-ipv4.ranges'), 'utf8');
    writeFileSync(nginx.conf, `${readFileSync(nginx.conf, 'utf8')}\nnonsense;`);
    await expect(hold(target, [ban('45.83.64.9')])).rejects.toThrow(/NGINX_TEST_COMMAND.*nonsense/);
    expect(readFileSync(path.join(nginx.output, 'crowdsec-ipv4.ranges'), 'utf8')).toBe(before);
    expect(await nginx.status('45.83.64.1')).toBe(403);
  });

  it('cuts TCP connections of services', async () => {
    const echo = new RealNginx();
    onTestFinished(() => echo[Symbol.asyncDispose]());
    await echo.configure({ modules: [] });
    await echo.start();
    const front = new RealNginx();
    onTestFinished(() => front[Symbol.asyncDispose]());
    await front.configure({});
    const { nginx } = await geoNginx(
      ['127.0.0.66'],
      '',
      `stream {
        include OUTPUT/crowdsec-stream.conf;
        map $crowdsec_blocked $service { 0 127.0.0.1:${echo.port}; 1 crowdsec_nowhere; }
        server { listen 127.0.0.1:${front.port}; proxy_pass $service; }
      }`,
    );
    const from = (localAddress: string) =>
      new Promise<string>((resolve) => {
        let text = '';
        const socket = connect({ host: '127.0.0.1', port: front.port, localAddress }, () =>
          socket.write('GET /page.html HTTP/1.0\r\n\r\n'),
        );
        socket.on('data', (part) => (text += part.toString())).on('error', () => undefined);
        socket.on('close', () => {
          resolve(text);
        });
      });
    expect(await from('127.0.0.1')).toContain('hello');
    expect(await from('127.0.0.66')).toBe('');
    expect(nginx.workers).toHaveLength(1);
  });
});
