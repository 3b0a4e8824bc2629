import { pfSenseMissing, startPfSense, type PfSenseSandbox } from '@bouncer/sandbox';
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Container } from '../container.ts';
import type { Engine } from '../engine/engine.ts';
import { must } from '../engine/run.ts';
import { hardened, quick } from '../hardened.ts';
import { lapiBehindTls } from '../lapi-behind-tls.ts';
import { quickStart } from '../quick-start.ts';
import type { QuickStart } from '../quick-start.ts';

const missing = await pfSenseMissing();

/** The pfSense image by the README's own block, with a key of its own against a real sshd. */
export function pfsense(engine: () => Engine): void {
  describe.skipIf(missing !== undefined)(`the pfSense image at work (${missing ?? 'ready'})`, () => {
    const around = lapiBehindTls(engine);
    let firewall: PfSenseSandbox;
    let folder: string;
    let block: QuickStart;

    beforeEach(async () => {
      const host = engine().hostAddress;
      folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-pfsense-'));
      around.lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
      firewall = await startPfSense({ host });
      block = await quickStart('pfSense', {
        'https://crowdsec.protected.lan/lapi': around.lapi.url,
        abc123: around.lapi.key,
        'ssh-keyscan 192.168.1.1': `ssh-keyscan -p ${firewall.port} ${host}`,
        '192.168.1.1': `${host}:${firewall.port}`,
        $PWD: folder,
        '-v /etc/ssl/certs': `-v ${around.store.folder}`,
      });
      for (const line of block.before) await must('sh', ['-c', line], { cwd: folder });
      return async () => {
        await firewall.close();
        await rm(folder, { recursive: true });
      };
    });

    /** A command with the options of the block, less `--name NAME --restart=POLICY -p PORT` at its head. */
    const once = (command: string) => {
      const [, , , , , ...options] = block.options;
      return engine().try(['run', '--rm', ...options, ...hardened, block.image, command]);
    };

    it('does its work by the block of the README, with the key that setup restricts', async () => {
      const [setup = []] = block.asked;
      const { stdout } = await engine().try(['run', '--rm', ...setup]);
      const [line = ''] = /^restrict,command=.*(?= <)/m.exec(stdout) ?? [];
      const publicKey = await readFile(path.join(folder, 'crowdsec-key.pub'), 'utf8');
      firewall.setKeys('admin', [`${line} ${publicKey.trim()}`]);
      await using container = await Container.start(engine(), [
        ...[...block.options, ...hardened, ...quick, block.image],
      ]);
      await container.until('the ban is in the table', () => firewall.entriesOf()?.join() === '203.0.113.7');
      await container.until('healthy', async () => (await container.inspect()).State.Health?.Status === 'healthy');
      await container.until('it is in the file as well', () => firewall.fileOf()?.includes('203.0.113.7') === true);
      expect(await container.status('Uid')).toMatch(/^65532\b/);
      const check = await once('check');
      expect(check.code, check.stdout + check.stderr).toBe(0);
      expect(await container.stop()).toBe(0);
      expect(firewall.entriesOf()).toEqual(['203.0.113.7']);
    });

    it('says whose a key must be that it may not read', async () => {
      await chown(path.join(folder, 'crowdsec-key'), 0, 0);
      const { code, stderr } = await once('run');
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('chown 65532') as string });
    });
  });
}
