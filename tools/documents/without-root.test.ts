import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startLapi, startRouterOs, until } from '@bouncer/sandbox';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const page = await readFile(path.join(root, 'docs/without-root.md'), 'utf8');
const blockOf = (language: string): string =>
  new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';

/** Whoever runs the tests: the user of the page has no right of root's. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

it('docs/without-root.md: its lines, unit and settings block an address, started by a user without rights', async () => {
  const home = await mkdtemp(path.join(os.tmpdir(), 'home-'));
  const lapi = await startLapi({
    decisions: [{ value: '203.0.113.7', duration: 3600, origin: 'cscli', scenario: 'manual' }],
  });
  const router = await startRouterOs({ serviceTimeMs: 0 });
  try {
    // Made here instead of by `npm ci && npm run build`, which is how these tests came to run.
    const bundle = path.join(home, 'apps/mikrotik/dist');
    await run(process.execPath, ['tools/build.ts', 'mikrotik', bundle], { cwd: root });
    const [, install = ''] = /^npm ci && npm run build\n(.*)$/m.exec(page) ?? [];
    await run('sh', ['-ec', install], { cwd: home, env: { ...process.env, HOME: home } });
    const settings = path.join(home, '.config/crowdsec-mikrotik-bouncer.yaml');
    await mkdir(path.dirname(settings));
    const text = blockOf('yaml')
      .replace('https://crowdsec.protected.lan/lapi', lapi.url)
      .replace('abc123', lapi.key)
      .replace('192.168.88.1', `${router.host}:${router.port}`)
      .replace('printed-by-setup', 'secret');
    // The stand-in has no certificate, and pages of several tests want the same port.
    await writeFile(settings, `${text}  tls: false\nhttp_listen: 'off'\n`);
    await chmod(settings, 0o600);
    if (nobody.uid !== undefined) await chown(settings, nobody.uid, nobody.gid);
    await chmod(home, 0o755);
    const [, command = ''] = /^ExecStart=(.*)$/m.exec(blockOf('ini')) ?? [];
    const words = command.replaceAll('%h', home).split(' ');
    const PATH = `${path.dirname(process.execPath)}:/usr/bin:/bin`;
    const child = spawn(words[0] ?? '', words.slice(1), { ...nobody, env: { PATH, HOME: home }, stdio: 'ignore' });
    await until('the router has it', () => {
      expect(child.exitCode).toBeNull();
      return router.rows(undefined, 'crowdsec-blocked').some(({ address }) => address === '203.0.113.7');
    });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  } finally {
    await router.close();
    await lapi.close();
    await rm(home, { recursive: true });
  }
});
