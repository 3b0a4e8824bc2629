import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { captchaNginx, cookieOf, other, page, solve, visitor } from './captcha-fixture.ts';
import { nginxMissing } from './debian-nginx.ts';
import { RealNginx } from './real-nginx.ts';
import type { Answer } from './real-nginx.ts';

const reason = await nginxMissing();
const isBlocked = ({ status, body, headers }: Answer) =>
  status === 403 && page.test(body) && headers['set-cookie'] === undefined;

describe.skipIf(reason !== undefined)(`captchas stay unsolved (${reason ?? 'ready'})`, () => {
  it('while the provider is silent, fails or talks nonsense, and can be solved after', async () => {
    const { nginx, provider } = await captchaNginx();
    provider.answer = 'hang';
    const hanging = solve(nginx, { from: other });
    await provider.untilAsked(1);
    for (const answer of [
      { status: 500, body: '{"success":true}' },
      { status: 302, body: '{"success":true}' },
      { status: 200, body: '<html>' },
      { status: 200, body: '{"success":"true"}' },
      { status: 200, body: '[true]' },
      { status: 200, body: `{"success":true,"x":"${'x'.repeat(70_000)}"}` },
    ]) {
      provider.answer = answer;
      expect([answer.body.slice(0, 20), isBlocked(await solve(nginx))]).toEqual([answer.body.slice(0, 20), true]);
    }
    provider.answer = 'normal';
    expect((await solve(nginx)).status).toBe(303);
    expect(isBlocked(await hanging)).toBe(true);
  });

  it('while the connector is dead; who has passed before goes on where NGINX knows of it', async () => {
    const { nginx, connector, start } = await captchaNginx();
    const headers = { Cookie: cookieOf(await solve(nginx)) };
    const workers = new Set<number>();
    await until('both workers know of it', async () => {
      workers.add((await nginx.ask({ from: visitor, headers })).worker);
      return workers.size === 2;
    });
    const otherHeaders = { Cookie: cookieOf(await solve(nginx, { from: other })) };
    await connector.stop('SIGKILL');
    expect(isBlocked(await solve(nginx, { from: other }))).toBe(true);
    expect(isBlocked(await nginx.ask({ from: other, headers: otherHeaders }))).toBe(true);
    expect((await nginx.ask({ from: visitor, headers })).status).toBe(200);
    await nginx.reload();
    expect(isBlocked(await nginx.ask({ from: visitor, headers }))).toBe(true);
    // Its socket was left behind, and passes were kept nowhere: both are no hindrance.
    await start();
    await until(
      'passes count again',
      async () => (await nginx.ask({ from: other, headers: otherHeaders })).status === 200,
    );
  });

  it('with a wrong secret; one that was put right in its file counts at the next answer, and ends older passes', async () => {
    const spare = new RealNginx();
    const file = path.join(spare.folder, 'secret');
    writeFileSync(file, 'wrong\n');
    const { nginx, provider, connector } = await captchaNginx({
      NGINX_CAPTCHA_SECRET: '',
      NGINX_CAPTCHA_SECRET_FILE: file,
      NGINX_CAPTCHA_LISTEN: `127.0.0.1:${await portOf(spare)}`,
    });
    expect(isBlocked(await solve(nginx))).toBe(true);
    expect(connector.stdout).toContain('refuses CAPTCHA_SECRET_KEY');
    expect(connector.stdout).not.toContain('wrong');
    writeFileSync(file, `${provider.secret}\n`);
    const solved = await solve(nginx);
    expect(solved.status).toBe(303);
    expect((await nginx.ask({ from: visitor, headers: { Cookie: cookieOf(solved) } })).status).toBe(200);
    await spare[Symbol.asyncDispose]();
  });
});

async function portOf(nginx: RealNginx): Promise<number> {
  await nginx.configure({});
  return nginx.port;
}
