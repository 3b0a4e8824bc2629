import { describe, expect, it, onTestFinished } from 'vitest';
import { nginxMissing } from './debian-nginx.ts';
import { ban, protectedNginx } from './fixture.ts';
import type { LuaRendererOptions } from '../src/lua/lua-renderer.ts';

const reason = await nginxMissing();
const bad = '45.83.64.1';

async function site(more: Partial<LuaRendererOptions>) {
  const { nginx } = await protectedNginx([ban(bad, 3600, 'lists', 'fire<hol>')], {}, more);
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  return nginx;
}

describe.skipIf(reason !== undefined)(`what refused clients are shown (${reason ?? 'ready'})`, () => {
  it('is the page of the user, with what is known of the request in its places, as text', async () => {
    const banPage = Buffer.from('<p>{{address}} at {{host}}: {{reason}}; {{request_id}} {{other}} {{address}}</p>');
    const nginx = await site({ banPage });
    const { status, body } = await nginx.ask({ from: bad, headers: { Host: 'shop.test:81' } });
    expect(status).toBe(403);
    expect(body).toMatch(
      /^<p>45\.83\.64\.1 at shop\.test: lists:fire.*?; [0-9a-f]{32} \{\{other\}\} 45\.83\.64\.1<\/p>$/,
    );
    expect(body).not.toContain('<hol>');
    expect(Buffer.byteLength(body)).toBe(
      Number(
        (await nginx.ask({ from: bad, method: 'HEAD', headers: { Host: 'shop.test' } })).headers['content-length'],
      ),
    );
  });

  it('names the request for those who ask for JSON', async () => {
    const nginx = await site({});
    const { headers, body } = await nginx.ask({ from: bad, headers: { Accept: 'application/json' } });
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toEqual({
      error: 'blocked',
      status: 403,
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
  });

  it('is another address, and a header tells why', async () => {
    const more = { banRedirect: 'https://example.org/refused?a=b"c', remediationHeader: 'X-Crowdsec-Remediation' };
    const nginx = await site(more);
    const sent = await nginx.ask({ from: bad });
    expect([sent.status, sent.headers['location']]).toEqual([302, more.banRedirect]);
    expect(sent.headers['x-crowdsec-remediation']).toBe('ban');
    const json = await nginx.ask({ from: bad, headers: { Accept: 'application/json' } });
    expect([json.status, json.headers['x-crowdsec-remediation']]).toEqual([403, 'ban']);
    expect((await nginx.ask({ from: '45.83.64.2' })).headers).not.toHaveProperty('x-crowdsec-remediation');
  });
});
