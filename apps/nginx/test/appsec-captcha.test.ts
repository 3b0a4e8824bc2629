import { startAppsec } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { captchaNginx, cookieOf, page, solve } from './captcha-fixture.ts';
import { nginxMissing } from './debian-nginx.ts';

const reason = await nginxMissing();
const clean = '45.83.64.99';

describe.skipIf(reason !== undefined)(`a captcha as the answer of AppSec (${reason ?? 'ready'})`, () => {
  it('is shown to a client that is on no list, and lets it pass once it is solved', async () => {
    const appsec = await startAppsec({ key: 'sandbox-key' });
    onTestFinished(() => appsec[Symbol.asyncDispose]());
    const { nginx, lapi } = await captchaNginx({ CROWDSEC_APPSEC_URL: appsec.url });
    expect(lapi.key).toBe(appsec.key);
    const asked = await nginx.ask({ from: clean, path: '/appsec-captcha' });
    expect([asked.status, asked.body]).toEqual([403, expect.stringMatching(page)]);
    expect((await nginx.ask({ from: clean })).status).toBe(200);
    // The form goes where the page was shown, and is nobody's business but the connector's.
    const before = appsec.requests.length;
    const solved = await solve(nginx, { from: clean, path: '/appsec-captcha?crowdsec-captcha' }, '/appsec-captcha');
    expect([solved.status, solved.headers['location']]).toEqual([303, '/appsec-captcha']);
    expect(appsec.requests).toHaveLength(before);
    const headers = { Cookie: cookieOf(solved) };
    // It is NGINX that has no such page: the request went through.
    expect((await nginx.ask({ from: clean, path: '/appsec-captcha', headers })).status).toBe(404);
    expect((await nginx.ask({ from: '45.83.64.98', path: '/appsec-captcha', headers })).status).toBe(403);
    // A pass is none for what AppSec bans.
    expect((await nginx.ask({ from: clean, path: '/.env', headers })).body).toContain('Access refused');
  });
});
