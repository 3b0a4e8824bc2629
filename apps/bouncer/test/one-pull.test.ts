import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { startWorld, type World } from './fixture.ts';

const FIRST = '203.0.113.7';
const SECOND = '203.0.113.9';

/** Whether each of the four stops this address. */
async function stops(world: World, address: string): Promise<Record<string, boolean>> {
  const { router, folders, ports } = world;
  return {
    mikrotik: router.rows(undefined, 'crowdsec').some((row) => row.address === address),
    nginx: textOf(folders.nginx).includes(bytesOf(address)),
    traefik: (await ask(ports.traefik, '/v1/forward-auth', { 'x-forwarded-for': address })).status === 403,
    pfsense: (await ask(ports.pfsense, '/crowdsec_blacklists.txt')).body.includes(address),
  };
}

/** As it stands in the binary file that NGINX reads: least byte first. */
function bytesOf(address: string): string {
  return Buffer.from(address.split('.').map(Number).reverse()).toString('latin1');
}

/** Files that are being written have a name of their own until they are whole, and are gone then. */
function textOf(folder: string): string {
  return readdirSync(folder)
    .filter((file) => !/\.\d+$/.test(file))
    .map((file) => readFileSync(path.join(folder, file), 'latin1'))
    .join('\n');
}

function ask(
  port: number,
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path: url, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (text: string) => (body += text));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    }).on('error', () => {
      resolve({ status: 0, body: '' });
    });
  });
}

const all = (value: boolean) => ({ mikrotik: value, nginx: value, traefik: value, pfsense: value });

it('brings a ban to each of four kinds and takes it back from each, with one series of pulls', async () => {
  await using world = await startWorld();
  const { lapi, folders, ports } = world;
  for (const folder of Object.values(folders)) mkdirSync(folder);
  lapi.decisions.add({ value: FIRST, duration: 3600 });
  const connector = world.start({
    ...world.all,
    CROWDSEC_UPDATE_FREQUENCY: '0.5s',
  });
  const reaches = (address: string, value: boolean): Promise<unknown> =>
    until(`${address} ${value}: ${connector.stdout}`, async () => {
      return JSON.stringify(await stops(world, address)) === JSON.stringify(all(value));
    });
  await reaches(FIRST, true);
  lapi.decisions.add({ value: SECOND, duration: 3600 });
  await reaches(SECOND, true);
  lapi.decisions.delete({ value: SECOND });
  await reaches(SECOND, false);
  expect(await stops(world, FIRST)).toEqual(all(true));

  const startups = lapi.requests.pulls.filter(({ startup }) => startup);
  expect(startups).toHaveLength(1);
  const metrics = (await ask(ports.http, '/metrics')).body;
  for (const name of Object.keys(all(true))) expect(metrics).toContain(`target="${name}"`);
  const health = await ask(ports.http, '/healthz');
  expect(JSON.parse(health.body)).toMatchObject({ type: 'crowdsec-bouncer' });
  expect(
    lapi.requests.all.every(({ headers }) => headers['user-agent']?.startsWith('crowdsec-bouncer/v') === true),
  ).toBe(true);
  expect(await connector.stop()).toBe(0);
  expect(world.router.rows(undefined, 'crowdsec').some((row) => row.address === FIRST)).toBe(true);
});
