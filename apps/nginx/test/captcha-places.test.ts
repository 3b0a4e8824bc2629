import { describe, expect, it } from 'vitest';
import { banned, captchaNginx, cookieOf, other, page, send, solve, visitor } from './captcha-fixture.ts';
import { nginxMissing } from './debian-nginx.ts';
import type { NginxOptions, RealNginx, Answer } from './real-nginx.ts';

const reason = await nginxMissing();

async function site(options: (output: string) => NginxOptions) {
  const parts = await captchaNginx();
  await parts.nginx.stop();
  await parts.nginx.configure(options(parts.nginx.output));
  await parts.nginx.start();
  return parts;
}

/** Where a browser sends the form of a page that it got at this path, and what it sends beside the answer. */
function formOf(shown: Answer, at: string) {
  const action = /<form method="post" action="([^"]*)"/.exec(shown.body)?.[1] ?? '';
  const to = /name="to" value="([^"]*)"/.exec(shown.body)?.[1] ?? '';
  const url = new URL(action, `http://site${at}`);
  return { path: `${url.pathname}${url.search}`, to };
}

async function solveAt(nginx: RealNginx, at: string, from = visitor) {
  const shown = await nginx.ask({ from, path: at });
  expect(shown.body).toMatch(page);
  const { path, to } = formOf(shown, at);
  return send(nginx, { 'h-captcha-response': 'solved', to }, { from, path });
}

describe.skipIf(reason !== undefined)(`where the captcha page is shown (${reason ?? 'ready'})`, () => {
  it('it can be solved, though only that location is protected', async () => {
    const { nginx } = await site((output) => ({
      http: `include ${output}/crowdsec-some.conf;`,
      server: `location /in/ { include ${output}/crowdsec-server.conf; alias html/; }`,
    }));
    const solved = await solveAt(nginx, '/in/page.html?a=1');
    expect([solved.status, solved.headers['location']]).toEqual([303, '/in/page.html?a=1']);
    const headers = { Cookie: cookieOf(solved) };
    const twice = await nginx.ask({ from: visitor, headers, path: '/in/page.html?crowdsec-captcha', method: 'POST' });
    expect([twice.status, twice.headers['location']]).toEqual([303, '/in/page.html']);
    expect((await nginx.ask({ from: visitor, headers, path: '/in/page.html' })).body).toBe('hello\n');
    const odd = await nginx.ask({ from: visitor, headers, path: '//in/page.html?crowdsec-captcha' });
    expect([odd.status, odd.headers['location']]).toEqual([303, '/']);
    const wrong = await nginx.ask({ from: other, path: '/in/page.html?crowdsec-captcha' });
    expect(formOf(wrong, '/in/page.html')).toEqual({ path: '/in/page.html?crowdsec-captcha', to: '/in/page.html' });
  });

  it('a pass is neutral: passwords are still asked for', async () => {
    const { nginx } = await site((output) => ({
      http: `include ${output}/crowdsec.conf;`,
      server: 'location = /any { satisfy any; deny all; auth_basic me; auth_basic_user_file none; }',
    }));
    const headers = { Cookie: cookieOf(await solve(nginx)) };
    expect((await nginx.ask({ from: visitor, headers, path: '/any' })).status).toBe(401);
  });

  it('a server that only redirects shows it at a path of its own, and redirects whoever has solved it', async () => {
    const { nginx } = await site((output) => ({
      http: `include ${output}/crowdsec.conf;`,
      server: `include ${output}/crowdsec-return.conf; location / { return 301 https://example.org/; }`,
    }));
    const sent = await nginx.ask({ from: visitor, path: '/a' });
    expect([sent.status, sent.headers['location']]).toEqual([303, '/crowdsec-captcha']);
    const solved = await solveAt(nginx, '/crowdsec-captcha');
    expect([solved.status, solved.headers['location']]).toEqual([303, '/']);
    const headers = { Cookie: cookieOf(solved) };
    // A worker that does not know the pass yet sends to that path, where it is asked about.
    const first = await nginx.ask({ from: visitor, path: '/', headers });
    expect([303, 301]).toContain(first.status);
    expect((await nginx.ask({ from: visitor, path: '/crowdsec-captcha', headers })).headers['location']).toBe('/');
    expect((await nginx.ask({ from: visitor, path: '/', headers })).headers['location']).toBe('https://example.org/');
    expect((await nginx.ask({ from: other, path: '/', headers })).headers['location']).toBe('/crowdsec-captcha');
    expect((await nginx.ask({ from: banned, path: '/', headers })).status).toBe(403);
  });
});

describe.skipIf(reason !== undefined)(`the cookie (${reason ?? 'ready'})`, () => {
  it('is for TLS alone when a proxy that NGINX trusts ends it', async () => {
    const { nginx } = await captchaNginx();
    const cookie = async (from: string, proto: string) =>
      String((await solve(nginx, { from, headers: { 'X-Forwarded-Proto': proto } })).headers['set-cookie']);
    expect(await cookie(visitor, 'https')).toMatch(/; Secure$/);
    expect(await cookie(other, 'http')).not.toContain('Secure');
    // No address was taken from a proxy: then nothing else is either.
    const { nginx: direct } = await site((output) => ({
      trusted: '192.0.2.99',
      http: `include ${output}/crowdsec.conf;`,
    }));
    expect((await direct.ask({ from: visitor })).status).toBe(200);
  });
});
