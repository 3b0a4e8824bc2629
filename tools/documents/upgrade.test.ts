import { until } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { blocksOf } from '../../docker/test/blocks.ts';
import { Stranger } from './stranger.ts';

const readme = await blocksOf('README.md');
const page = await blocksOf('docs/upgrade.md');

// That an older version's entries are taken over as they stand: tools/upgrade.test.ts, with older bundles.
it('docs/upgrade.md: its commands end with a connector that runs, and take nothing off the router on the way', async () => {
  await using stranger = await Stranger.arrive();
  const { lapi, router } = stranger;
  const rows = () => router.rows(undefined, 'crowdsec-blocked').map(({ id, address }) => `${id} ${address}`);
  const blocks = async (value: string) => {
    lapi.decisions.add({ value, duration: 3600, origin: 'cscli', scenario: 'manual' });
    await until(`${value} is blocked`, () => router.addressesOf('crowdsec-blocked').includes(value));
  };
  const [docker, compose, ...more] = page.map(({ code }) => code);
  expect(more).toEqual([]);
  const text = readme.find(({ code }) => code.includes('--name mikrotik-bouncer'))?.code ?? '';
  const [run = ''] = /^docker run -d --name mikrotik-bouncer[^]*/m.exec(text) ?? [];

  await stranger.paste(run);
  await blocks('203.0.113.7');
  const first = rows();
  await stranger.paste(docker ?? '');
  expect(rows()).toEqual(first);
  await stranger.paste(run);
  await blocks('203.0.113.8');
  expect(rows()).toEqual(expect.arrayContaining(first));
  await stranger.paste('docker rm --force mikrotik-bouncer');

  await stranger.startWithCompose();
  await blocks('203.0.113.9');
  const second = rows();
  await stranger.paste(compose ?? '');
  expect(rows()).toEqual(second);
  await blocks('203.0.113.10');
  expect(rows()).toEqual(expect.arrayContaining(second));
});
