import { cp } from 'node:fs/promises';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { blocksOf } from '../../docker/test/blocks.ts';
import { Stranger } from './stranger.ts';

const [show, ...more] = await blocksOf('docs/backup.md');
const list = 'crowdsec-blocked';
/** More than the 100 below which a list may change as a whole. */
const bans = Array.from({ length: 150 }, (_, at) => `203.0.113.${at + 1}`);

it('docs/backup.md: what it says to keep makes a lost host and a lost list whole; an empty LAPI opens nothing', async () => {
  expect(more).toEqual([]);
  await using stranger = await Stranger.arrive();
  const { lapi, router } = stranger;
  lapi.decisions.addMany(bans.map((value) => ({ value, duration: 3600 })));
  const isWhole = () => router.addressesOf(list).length === bans.length;
  await stranger.startWithCompose();
  await until('the router has them', isWhole);

  await stranger.paste(show?.code ?? '');
  const settings = JSON.stringify(JSON.parse(stranger.printed));
  for (const kept of ['CROWDSEC_API_URL', lapi.url, 'MIKROTIK_HOST', list]) expect(settings).toContain(kept);
  for (const secret of ['abc123', 'printed-by-setup']) expect(settings).not.toContain(secret);
  const [settled, saved] = ['docker/compose', 'saved'].map((folder) => path.join(stranger.home, folder));
  await cp(settled!, saved!, { recursive: true, preserveTimestamps: true });

  await stranger.loseHost();
  // Its backup has what was pasted from setup; entries with a timeout are no part of it, as after a reboot.
  router.reboot();
  expect(router.addressesOf(list)).toEqual([]);
  await cp(saved!, settled!, { recursive: true });
  await stranger.composeUp();
  await until('the router has them again', isWhole);

  const container = stranger.container('mikrotik-bouncer');
  const told = (words: string) => () => `${container.stdout}${container.stderr}`.includes(words);
  await lapi.down();
  await until('LAPI is missed', told('connection refused'));
  lapi.decisions.forget({});
  await lapi.up();
  await until('removals are held', told('MAX_REMOVAL_PERCENT'));
  expect(isWhole()).toBe(true);
  expect(await container.stop()).toBe(0);
});
