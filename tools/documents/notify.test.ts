import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until, WebhookReceiver } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { blocksOf } from '../../docker/test/blocks.ts';
import { Stranger } from './stranger.ts';

const [test, ...more] = await blocksOf('docs/notify.md');

// What is told when, to each kind of receiver: apps/bouncer/test/webhook.test.ts and webhook-formats.test.ts.
it('docs/notify.md: the address in the compose file, a start, and the test message arrives; a check alone sends nothing', async () => {
  expect(more).toEqual([]);
  await using receiver = await new WebhookReceiver({ kind: 'ntfy' }).start();
  await using stranger = await Stranger.arrive();
  const { lapi, router } = stranger;
  for (const family of [4, 6] as const) {
    const rule = { chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec-blocked' };
    router.setRule({ family, table: 'raw', ...rule });
  }
  lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
  const file = path.join(stranger.home, 'docker/compose/mikrotik.yaml');
  // The receiver has no name that begins with ntfy.
  const lines = `environment:\n      NOTIFY_URL: ${receiver.origin}/my-secret-topic\n      NOTIFY_FORMAT: ntfy\n`;
  await writeFile(file, (await readFile(file, 'utf8')).replace('environment:\n', lines));
  await stranger.startWithCompose();
  await until('the router has it', () => router.addressesOf('crowdsec-blocked').includes('203.0.113.7'));

  await stranger.paste((test?.code ?? '').replace(' --notify', ''));
  expect(receiver.shown).toEqual([]);
  await stranger.paste(test?.code ?? '');
  expect(receiver.shown).toMatchObject([{ title: expect.stringContaining('crowdsec-mikrotik-bouncer') as string }]);
  expect(stranger.printed).not.toContain('my-secret-topic');
});
