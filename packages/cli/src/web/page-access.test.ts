import { describe, expect, it, onTestFinished } from 'vitest';
import { startHttpServer } from './http-server.ts';
import type { HttpServerOptions } from './http-server.ts';
import { silentLogger } from '@bouncer/target';
import { fakeSource } from './testing.ts';

const token = 'a token of 24 characters';

async function serve(change: Partial<HttpServerOptions> = {}) {
  const source = fakeSource();
  const server = await startHttpServer({
    ...source,
    listen: '127.0.0.1:0',
    log: silentLogger,
    token: () => token,
    ...change,
  });
  onTestFinished(() => server.close());
  return { url: server.url, clock: source.clock };
}

const pages = ['', 'plain', 'status.json', 'history.json', 'lookup.json?ip=45.83.64.1', 'events', 'metrics'];

describe('with a token', () => {
  it.each(pages)('/%s tells nothing without it, and all with it', async (path) => {
    const { url } = await serve();
    for (const authorization of ['', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`]) {
      const refused = await fetch(url + path, { headers: { authorization } });
      expect(refused.status).toBe(401);
      expect(await refused.text()).not.toMatch(/45\.83|192\.168|firehol/);
    }
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });

  it('shows people the way in, and nothing else', async () => {
    const { url } = await serve();
    for (const path of ['', 'plain?ip=45.83.64.1']) {
      const text = await (await fetch(url + path, { headers: { accept: 'text/html' } })).text();
      expect(text).toContain('type="password"');
      expect(text).not.toMatch(/45\.83|192\.168|firehol/);
    }
  });

  it('locks the way in up: nothing from elsewhere, nothing inline but its own style', async () => {
    const { url } = await serve();
    const ask = () => fetch(url, { headers: { accept: 'text/html' } });
    const first = await ask();
    const policy = first.headers.get('content-security-policy') ?? '';
    const [, nonce = ''] =
      /^default-src 'none'; style-src 'nonce-([^']+)'; img-src data:; form-action/.exec(policy) ?? [];
    const text = await first.text();
    expect(text.match(/<(script|style)\b[^>]*>/g)).toEqual([`<style nonce="${nonce}">`]);
    expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\/|\bon[a-z]+=|style=/);
    expect((await ask()).headers.get('content-security-policy')).not.toBe(policy);
  });

  it('leaves the probes open, without their reasons', async () => {
    const source = fakeSource({ ready: false });
    const { url } = await serve({ status: () => source.now });
    expect(await (await fetch(`${url}healthz`)).json()).toEqual({ type: 'crowdsec-mikrotik-bouncer', status: 'ok' });
    expect(await (await fetch(`${url}readyz`)).json()).not.toHaveProperty('reasons');
    const known = await fetch(`${url}readyz`, { headers: { authorization: `Bearer ${token}` } });
    expect(await known.json()).toHaveProperty('reasons');
  });

  it('signs in by the form: a cookie that scripts and other sites never see, and that is not the token', async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}login`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      redirect: 'manual',
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '.']);
    const set = answer.headers.get('set-cookie') ?? '';
    expect(set).toMatch(/^crowdsec-mikrotik-bouncer=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    const [cookie = ''] = set.split(';');
    const get = (value: string) => fetch(`${url}status.json`, { headers: { cookie: value } });
    expect((await get(`other=1; ${cookie}`)).status).toBe(200);
    expect((await get(`${cookie.slice(0, -1)}_`)).status).toBe(401);
    expect((await get(`crowdsec-mikrotik-bouncer=${token}`)).status).toBe(401);
  });

  it('answers a wrong token late, and asks again', async () => {
    const { url, clock } = await serve();
    for (const [accept, status, text] of [
      ['text/html,*/*', 200, 'Wrong token.'],
      ['*/*', 401, 'wrong token'],
    ] as const) {
      const body = new URLSearchParams({ token: 'wrong' });
      const sent = fetch(`${url}login`, { method: 'POST', body, headers: { accept } });
      await expect.poll(() => clock.sleeping).toBe(1);
      await clock.advance(1000);
      const answer = await sent;
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([status, null]);
      expect(await answer.text()).toContain(text);
    }
  });

  it('takes no endless login', async () => {
    const { url, clock } = await serve();
    const sent = fetch(`${url}login`, { method: 'POST', body: `token=${token}&x=${'x'.repeat(10_000)}` }).then(
      ({ status }) => status,
      () => 401,
    );
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(1000);
    expect(await sent).toBe(401);
  });

  it('ends every session when it is rotated', async () => {
    let current = token;
    const { url } = await serve({ token: () => current });
    const answer = await fetch(`${url}login`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      redirect: 'manual',
    });
    const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
    current = 'another token';
    expect((await fetch(`${url}status.json`, { headers: { cookie } })).status).toBe(401);
  });
});

it('without a token there is no login', async () => {
  const { url } = await serve({ token: undefined });
  const answer = await fetch(`${url}login`, { method: 'POST', body: new URLSearchParams({ token: '' }) });
  expect(answer.status).toBe(405);
});
