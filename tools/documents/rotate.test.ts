import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { blocksOf } from '../../docker/test/blocks.ts';
import { Stranger } from './stranger.ts';

const page = await blocksOf('docs/rotate.md');

it('docs/rotate.md: a new key and a new password are in force without a restart or a gap, the old ones refused', async () => {
  await using stranger = await Stranger.arrive('the-key-of-before');
  const { lapi, router } = stranger;
  const block = (value: string) => lapi.decisions.add({ value, duration: 3600, origin: 'cscli', scenario: 'manual' });
  const rows = () => router.rows(undefined, 'crowdsec-blocked').map(({ id, address }) => `${id} ${address}`);
  const has = (address: string) => () => router.addressesOf('crowdsec-blocked').includes(address);
  const [add, write, remove, ...more] = page.map(({ code }) => code);
  expect(more).toEqual([]);

  block('203.0.113.7');
  await stranger.startWithCompose('the-key-of-before');
  const { pid } = stranger.container('mikrotik-bouncer');
  await until('the router has it', has('203.0.113.7'));
  const [first = ''] = rows();

  await stranger.paste(add ?? '');
  await stranger.paste(write ?? '');
  await stranger.paste(remove ?? '');
  expect(lapi.bouncers.authenticate('the-key-of-before', '127.0.0.1', 'curl')).toBeUndefined();
  block('203.0.113.8');
  await until('what came after the old key was refused is blocked', () => {
    // The row of before, by its id: it was never taken away.
    expect(rows()).toContain(first);
    return has('203.0.113.8')();
  });

  router.setPassword('crowdsec', 'changed-on-the-device');
  await writeFile(path.join(stranger.home, 'docker/compose/secrets/mikrotik_password'), 'changed-on-the-device');
  block('203.0.113.9');
  await until('the open connection goes on', has('203.0.113.9'));
  router.kill();
  block('203.0.113.10');
  await until('the next login has the new password', () => {
    expect(rows()).toContain(first);
    return has('203.0.113.10')();
  });
  expect(stranger.container('mikrotik-bouncer').pid).toBe(pid);
  expect(await stranger.container('mikrotik-bouncer').stop()).toBe(0);
});
