import { realAppsecMissing, startAppsec, startRealLapi } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appsecNginx, banned, visitor } from './appsec-fixture.ts';
import type { Ask } from './real-nginx.ts';
import { nginxMissing } from './debian-nginx.ts';

const reason = await nginxMissing();
const noReal = reason ?? (await realAppsecMissing());

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const ssti = 'a=freemarker.template.utility.Execute';
const boundary = 'b0undary';
const upload = (size: number): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n${'a'.repeat(size)}\r\n--${boundary}--\r\n`;
const multipart = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };

const probes: readonly (readonly [string, Ask, number])[] = [
  ['a page', { path: '/page?x=1' }, 200],
  ['what a rule names', { path: '/.env' }, 403],
  ['the same with a host and a port that are none', { path: '//a:b/.env' }, 403],
  ['the same with an escape that is none behind a #', { path: '/.env#%zz' }, 403],
  ['a form', { method: 'POST', headers: form, body: 'a=b' }, 200],
  ['a form that a rule names', { method: 'POST', headers: form, body: ssti }, 403],
  ['5 MB', { method: 'POST', headers: form, body: `a=${'b'.repeat(5_000_000)}` }, 200],
  ['a file of 12 MB', { method: 'POST', headers: multipart, body: upload(12_000_000) }, 200],
  ['a small file', { method: 'POST', headers: multipart, body: upload(100) }, 200],
  ['who is on the list', { from: banned, path: '/page' }, 403],
];

describe.skipIf(reason !== undefined)(`the verdicts of AppSec's stand-in through NGINX (${reason ?? 'ready'})`, () => {
  it('are those of the list below', async () => {
    await using appsec = await startAppsec();
    const { nginx } = await appsecNginx({ url: appsec.url, key: appsec.key });
    for (const [name, ask, status] of probes) {
      expect([name, (await nginx.ask({ from: visitor, ...ask })).status]).toEqual([name, status]);
    }
  });
});

describe.skipIf(noReal !== undefined)(
  `the verdicts of CrowdSec's own AppSec through NGINX (${noReal ?? 'ready'})`,
  () => {
    let real: Awaited<ReturnType<typeof startRealLapi>> | undefined;
    let key = '';
    beforeAll(async () => {
      real = await startRealLapi({ appsec: true });
      key = await real.addBouncer('nginx');
    }, 120_000);
    afterAll(() => real?.stop());

    it('are the same', async () => {
      const { nginx, site } = await appsecNginx({ url: real?.appsecUrl ?? '', key });
      for (const [name, ask, status] of probes) {
        expect([name, (await nginx.ask({ from: visitor, ...ask })).status]).toEqual([name, status]);
      }
      expect(site.visits.map(({ length }) => length)).toEqual([
        0,
        3,
        5_000_002,
        upload(12_000_000).length,
        upload(100).length,
      ]);
      expect(nginx.errors).not.toContain('AppSec gives no answer');
    });
  },
);
