import { createCertificateAuthority, startLapi, startRouterOs } from '@bouncer/sandbox';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Emulator, machines } from '../emulator.ts';
import { bundleOf } from '../images.ts';

let emulator: Emulator | undefined;
let reason: string | undefined;
try {
  emulator = await Emulator.open();
} catch (error) {
  reason = error instanceof Error ? error.message : String(error);
}

/**
 * One bundle on the processors of a Raspberry Pi: the others are JavaScript of the same kind, and every start takes
 * seconds. The kernel here does not know QEMU's user mode, so a program cannot start itself again: it must do without its
 * memory flags then.
 */
export function emulation(): void {
  describe.skipIf(reason !== undefined).each(machines)(
    `the MikroTik bundle on $name (${reason ?? 'emulated'})`,
    (machine) => {
      const node = (...args: Parameters<Emulator['node']>) => emulator!.node(...args);

      it('it is that processor', async () => {
        const { stdout } = await node(machine, ['-p', 'process.arch']);
        expect(stdout.trim()).toBe(machine.arch);
      });

      it('starts, reads its settings, and brings decisions from LAPI to a router, over TLS', async () => {
        const folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-emulated-'));
        try {
          const authority = await createCertificateAuthority('Defend-O-Tron Root CA');
          const tls = await authority.server({ names: ['127.0.0.1'] });
          const ca = path.join(folder, 'ca.pem');
          await writeFile(ca, authority.cert);
          await using lapi = await startLapi({ tls, prefix: '/lapi' });
          await using router = await startRouterOs({ tls });
          lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
          lapi.decisions.add({ value: '2001:db8:7::/48', scope: 'Range', duration: 3600 });
          const env = {
            CROWDSEC_API_URL: lapi.url,
            CROWDSEC_BOUNCER_API_KEY: lapi.key,
            SSL_CERT_FILE: ca,
            MIKROTIK_HOST: `${router.host}:${router.port}`,
            MIKROTIK_USER: 'crowdsec',
            MIKROTIK_PASSWORD: 'secret',
          };
          const bundle = path.join(folder, 'main.cjs');
          await writeFile(bundle, anyNode(await readFile(bundleOf('mikrotik'), 'utf8')));
          const version = await node(machine, [...(await entrypointFlags()), bundle, '--version']);
          expect({ code: version.code, stderr: version.stderr }).toEqual({ code: 0, stderr: '' });
          expect(version.stdout).toMatch(/^crowdsec-mikrotik-bouncer v\d/);
          const config = await node(machine, [bundle, 'config'], env);
          expect(config.code, config.stderr).toBe(0);
          expect(config.stdout).toContain(lapi.url);
          const { code, stdout, stderr } = await node(machine, [bundle, 'sync'], env);
          expect(code, stdout + stderr).toBe(0);
          expect(router.addressesOf('crowdsec').sort()).toEqual(['2001:db8:7::/48', '203.0.113.7']);
        } finally {
          await rm(folder, { recursive: true });
        }
        // An emulator is slow, and slower on a busy machine.
      }, 900_000);
    },
  );
}

/** npm has no Node 22 for 32-bit ARM: here the bundle must not refuse an older one, as it does everywhere else. */
function anyNode(bundle: string): string {
  const check = /if\(parseInt\(process\.versions\.node,10\)<\d+\)\{.*?process\.exit\(2\)\}/;
  expect(bundle).toMatch(check);
  return bundle.replace(check, '');
}

/** The flags that any image starts Node with: one that a processor's Node does not know would keep its image from starting. */
async function entrypointFlags(): Promise<string[]> {
  const text = await readFile(path.resolve(import.meta.dirname, '../../Dockerfile'), 'utf8');
  const entrypoints = [...text.matchAll(/^ENTRYPOINT (.*)$/gm)].map(([, words = '']) => JSON.parse(words) as string[]);
  return [...new Set(entrypoints.flatMap((words) => words.filter((word) => word.startsWith('--'))))];
}
