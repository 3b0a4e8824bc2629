import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until, WebhookReceiver } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from './fixture.ts';

const SPEED = 20;
let world: World;
const folder = mkdtempSync(path.join(tmpdir(), 'webhook-'));
beforeAll(async () => {
  world = await startWorld();
  mkdirSync(world.folders.traefik);
  for (const family of [4, 6] as const) {
    const rule = { chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec' };
    world.router.setRule({ family, table: 'raw', ...rule });
  }
  world.lapi.decisions.add({ value: '45.83.64.1', duration: 36_000, scenario: 'CANARY/scenario' });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world[Symbol.asyncDispose]();
});

/** What /status.json says now; undefined until it answers. */
async function verdict(): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${world.ports.http}/status.json`).catch(() => undefined);
  return answer && ((await answer.json()) as Record<string, unknown>)['verdict'];
}

describe('a webhook', () => {
  it('hears which of two targets is away, and when it is back; it holds up neither of them while it is away itself', async () => {
    await using receiver = await new WebhookReceiver({ kind: 'ntfy', token: 'tk_s3cr3t' }).start();
    const file = path.join(folder, 'url');
    writeFileSync(file, `${receiver.origin}/topic-s3cr3t\n`);
    const webhook = { NOTIFY_URL_FILE: file, NOTIFY_FORMAT: 'ntfy', NOTIFY_TOKEN: 'tk_s3cr3t' };
    const targets = { TARGETS: 'mikrotik,traefik', ...world.settings.mikrotik, ...world.settings.traefik };
    const connector = world.start({ ...targets, ...webhook }, 'source', 'bouncer', SPEED);
    await until('it protects', async () => (await verdict()) === 'protecting', 60);
    expect(receiver.requests).toEqual([]);

    await world.router.refuse();
    await until('told that it is away', () => receiver.shown.length > 0, 60);
    expect(receiver.shown).toMatchObject([{ title: 'crowdsec-bouncer: protecting in part' }]);
    expect(receiver.shown[0]?.text).toMatch(/^mikrotik: does not answer\nFor \d+ s\.$/);

    receiver.mood = 'hang';
    await world.router.listen();
    world.lapi.decisions.add({ value: '45.83.64.2', duration: 36_000 });
    await until('the router has both', () => world.router.rows().length === 2, 60);
    await until('a try that failed', () => connector.stdout.includes('the webhook was not told'), 60);
    receiver.mood = 'normal';
    await until('told that it is back', () => receiver.shown.length > 1, 60);
    expect(receiver.shown[1]).toMatchObject({ title: 'crowdsec-bouncer: protecting again' });
    expect(await connector.stop()).toBe(0);
    expect(connector.stdout + connector.stderr).not.toContain('s3cr3t');
    expect(JSON.stringify(receiver.shown)).not.toContain('CANARY');
  });
});
