import { statSync } from 'node:fs';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { banned, captchaNginx, cookieOf, other, page, send, solve, visitor } from './captcha-fixture.ts';
import { nginxMissing } from './debian-nginx.ts';

const reason = await nginxMissing();
describe.skipIf(reason !== undefined)(`the captcha page (${reason ?? 'ready'})`, () => {
  it('is shown to addresses under a captcha, solved, and then lets them and nobody else pass', async () => {
    const { nginx, provider } = await captchaNginx();
    // NGINX's workers are another user.
    expect(statSync(path.join(nginx.output, 'crowdsec-captcha.sock')).mode & 0o777).toBe(0o666);
    const asked = await nginx.ask({ from: visitor, path: '/page.html?a=1&b="><script>x</script>' });
    expect([asked.status, asked.headers['cache-control']]).toEqual([403, 'no-store']);
    expect(asked.body).toMatch(page);
    expect(asked.body).toContain('value="/page.html?a=1&amp;b=&quot;&gt;&lt;script&gt;x&lt;/script&gt;"');
    expect((await nginx.ask({ from: '2a01:4f8::9' })).body).toMatch(page);
    expect((await nginx.ask({ from: banned })).body).toContain('Access refused');
    const json = await nginx.ask({ from: visitor, headers: { Accept: 'application/json' } });
    expect([json.status, JSON.parse(json.body)]).toEqual([403, { error: 'captcha', status: 403 }]);

    const solved = await solve(nginx);
    expect([solved.status, solved.headers['location']]).toEqual([303, '/page.html']);
    expect(String(solved.headers['set-cookie'])).toMatch(
      /^crowdsec_captcha=2\.\d+\.[\w-]{43}; Path=\/; Max-Age=1800; HttpOnly; SameSite=Lax$/,
    );
    expect(provider.asked).toEqual([{ secret: provider.secret, response: 'solved', remoteip: visitor }]);
    const headers = { Cookie: `a=b; ${cookieOf(solved)}` };
    const passed = await Promise.all(Array.from({ length: 20 }, () => nginx.ask({ from: visitor, headers })));
    expect(new Set(passed.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await nginx.ask({ from: visitor, headers, path: '/crowdsec-captcha' })).toMatchObject({ status: 303 });
    // A pass is good for the address and the host that it was given for, and against no ban.
    expect((await nginx.ask({ from: visitor, headers: { ...headers, Host: 'other.test' } })).status).toBe(403);
    expect((await nginx.ask({ from: other, headers })).status).toBe(403);
    expect((await nginx.ask({ from: banned, headers })).body).toContain('Access refused');
    expect((await nginx.ask({ from: visitor })).status).toBe(403);
  });

  it('stays for passes that are forged, and for answers that are wrong or none', async () => {
    const { nginx, provider } = await captchaNginx();
    const pass = cookieOf(await solve(nginx));
    const [name, end, signature = ''] = pass.split('.');
    const forged = [
      `${name}.${Number(end) + 1}.${signature}`,
      `${name}.${end}.${'A'.repeat(43)}`,
      `${name}.${end}.${signature.slice(0, -1)}`,
      `${name}.${end}.`,
      'crowdsec_captcha=',
      `crowdsec_captcha=${'1'.repeat(5000)}`,
      'crowdsec_captcha=1.1.x%0d%0aX-Client: 1.1.1.1',
    ];
    for (const Cookie of forged) {
      expect([Cookie, (await nginx.ask({ from: visitor, headers: { Cookie } })).status]).toEqual([Cookie, 403]);
    }
    const wrong = [
      await send(nginx, { 'h-captcha-response': 'guessed', to: '/"><b>' }, { from: other }),
      await send(nginx, { 'g-recaptcha-response': 'solved' }, { from: other }),
      await send(nginx, {}, { from: other }),
      await send(nginx, { 'h-captcha-response': 'x'.repeat(20_000) }, { from: other }),
      await solve(nginx, { from: other, headers: { 'Transfer-Encoding': 'chunked' } }),
      await nginx.ask({ from: other, path: '/crowdsec-captcha' }),
    ];
    for (const answer of wrong) expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined]);
    expect(wrong[0]?.body).toContain('value="/&quot;&gt;&lt;b&gt;"');
    // Only what looks like an answer is brought to the provider.
    expect(provider.asked.map(({ response }) => response)).toEqual(['solved', 'guessed']);
    expect((await solve(nginx, { from: banned })).body).toContain('Access refused');
  });

  it('sends nobody to another site', async () => {
    const { nginx } = await captchaNginx();
    const froms = Array.from({ length: 9 }, (_, index) => `2a01:4f8::${index + 1}`);
    const asked = ['//evil.example', '/\\evil.example', 'https://evil.example/', '/\t/evil.example', '/a\r\nX: y', ''];
    for (const [index, to] of asked.entries()) {
      const { status, headers } = await solve(nginx, { from: froms[index] ?? '' }, to);
      expect([to, status, headers['location'], headers['x']]).toEqual([to, 303, '/', undefined]);
    }
  });

  it('becomes a ban when a ban comes on top, and a page again when that is over', async () => {
    const { nginx, lapi, decide } = await captchaNginx();
    const headers = { Cookie: cookieOf(await solve(nginx)) };
    const body = async () => (await nginx.ask({ from: visitor, headers })).body;
    expect(await body()).toBe('hello\n');
    decide(visitor, 'ban');
    await until('it is banned', async () => (await body()).includes('Access refused'));
    lapi.decisions.delete({ value: visitor, type: 'ban' });
    await until('the pass counts again', async () => (await body()) === 'hello\n');
    await until('the page is back', async () => page.test((await nginx.ask({ from: visitor })).body));
  });
});
