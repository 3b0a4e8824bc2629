import { until } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { blocksOf } from '../../docker/test/blocks.ts';
import { Stranger } from './stranger.ts';

const readme = await blocksOf('README.md');
const page = await blocksOf('docs/remove.md');

/** The README's block with that command in it. */
const started = (command: string): string => readme.find(({ code }) => code.includes(command))?.code ?? '';

it('docs/remove.md: its commands leave nothing of the connector on the router, in Docker or with LAPI', async () => {
  await using stranger = await Stranger.arrive();
  const { lapi, router } = stranger;
  router.addRow({ list: 'crowdsec-blocked', address: '198.51.100.9', comment: 'by hand' });
  router.addRow({ list: 'mine', address: '198.51.100.10' });
  lapi.decisions.add({ value: '203.0.113.7', duration: 3600, origin: 'cscli', scenario: 'manual' });
  const blocked = () => router.addressesOf('crowdsec-blocked').includes('203.0.113.7');
  const cleaned = () => {
    expect(router.addressesOf('crowdsec-blocked')).toEqual(['198.51.100.9']);
    expect(router.addressesOf('mine')).toEqual(['198.51.100.10']);
    expect(stranger.containers).toEqual([]);
  };
  const [stop, dockerPurge, compose, key, ...more] = page.map(({ code }) => code);
  expect(more).toEqual([]);

  const [, run = ''] = /^(docker run -d --name mikrotik-bouncer[^]*)/m.exec(started('--name mikrotik-bouncer')) ?? [];
  await stranger.paste(run);
  await until('the router has it', blocked);
  await stranger.paste(stop ?? '');
  expect(blocked()).toBe(true);
  await stranger.paste(dockerPurge ?? '');
  cleaned();

  await stranger.startWithCompose();
  await until('the router has it again', blocked);
  await stranger.paste(compose ?? '');
  cleaned();

  await stranger.paste(key ?? '');
  expect(lapi.bouncers.list().map(({ name }) => name)).toEqual(['sandbox']);
});
