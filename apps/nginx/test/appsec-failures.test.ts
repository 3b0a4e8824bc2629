import { writeFileSync } from 'node:fs';
import { startAppsec, until, type AppsecMood, type AppsecSandbox } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { appsecNginx, visitor } from './appsec-fixture.ts';
import type { AppsecNginxOptions } from './appsec-fixture.ts';
import { nginxMissing } from './debian-nginx.ts';

const reason = await nginxMissing();

async function site(more: Partial<AppsecNginxOptions> = {}) {
  const appsec = await startAppsec();
  onTestFinished(() => appsec[Symbol.asyncDispose]());
  const made = await appsecNginx({ url: appsec.url, key: appsec.key, ...more });
  const status = (path: string): Promise<number> => made.nginx.status(visitor, path);
  return { ...made, appsec, status };
}

/** Requests of visitors that reached it; the others are of NGINX itself, which finds out whether it is back. */
const visitors = ({ requests }: AppsecSandbox) => requests.filter(({ host }) => host !== 'crowdsec-bouncer');
const lines = (errors: string, word: string): number => errors.split(word).length - 1;

describe.skipIf(reason !== undefined)(`an AppSec that fails NGINX (${reason ?? 'ready'})`, () => {
  it.each([
    [false, 200],
    [true, 403],
  ])(
    'frozen, it costs a few requests a delay and no more, and is asked again once it answers (deny: %s)',
    async (denies, then) => {
      const { nginx, appsec, status } = await site({ timeout: 0.2, denies, nginx: { workers: 2 } });
      expect(await status('/')).toBe(200);
      appsec.mood = 'hang';
      for (let round = 0; round < 20; round += 1) expect(await status('/')).toBe(then);
      expect(visitors(appsec)).toHaveLength(3);
      appsec.mood = 'normal';
      await until('it is asked again', async () => (await status('/.env')) === 403 && appsec.statuses.includes(403));
      expect(await status('/')).toBe(200);
      expect(lines(nginx.errors, 'AppSec gives no answer (timeout)')).toBe(1);
      expect(lines(nginx.errors, 'AppSec answers again')).toBe(1);
    },
  );

  it.each([
    ['passthrough', false, 200],
    ['deny', true, 403],
  ])('away, its failure action is %s, and it is asked at once when it is back', async (_, denies, then) => {
    const { appsec, nginx, status } = await site({ denies });
    expect(await status('/')).toBe(200);
    await appsec.down();
    for (let round = 0; round < 5; round += 1) expect(await status('/')).toBe(then);
    await appsec.up();
    expect(await status('/.env')).toBe(403);
    expect(await status('/')).toBe(200);
    expect(lines(nginx.errors, 'AppSec gives no answer')).toBe(1);
  });

  it('restarted between two requests, it is asked over a new connection', async () => {
    const { appsec, status } = await site({ denies: true });
    expect(await status('/')).toBe(200);
    await appsec.down();
    await appsec.up();
    expect(await status('/')).toBe(200);
    expect(appsec.connections).toBe(2);
  });

  const oddities: readonly (readonly [string, AppsecMood])[] = [
    ['cut off before it answers', 'cut'],
    ['with an error', { status: 500, body: '' }],
    ['with the page of somebody else', { status: 200, body: '<html>welcome</html>' }],
    ['with an action that is none', { status: 200, body: '{"action":""}' }],
  ];
  it.each(oddities)('%s, it has not let anything pass', async (_, mood) => {
    const { appsec, status } = await site({ denies: true });
    appsec.mood = mood;
    expect(await status('/')).toBe(403);
    appsec.mood = 'normal';
    expect(await status('/')).toBe(200);
  });

  it('refusing the key, it is told once and asked seldom', async () => {
    const { appsec, nginx, status } = await site({ key: 'a-wrong-one' });
    for (let round = 0; round < 20; round += 1) expect(await status('/.env')).toBe(200);
    expect(appsec.statuses).toEqual([401]);
    expect(lines(nginx.errors, 'AppSec refuses the key (401)')).toBe(1);
    expect(nginx.errors).not.toContain('a-wrong-one');
  });

  it('that has moved is found without a reload', async () => {
    const { appsec, nginx, status } = await site();
    await using other = await startAppsec({ key: appsec.key });
    writeFileSync(`${nginx.output}/crowdsec-appsec-place.txt`, `127.0.0.1 ${new URL(other.url).port}\n`);
    await until('the other one is asked', async () => (await status('/')) === 200 && other.requests.length > 0);
  });
});
