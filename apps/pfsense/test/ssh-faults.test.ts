import { connect } from 'node:net';
import { once } from 'node:events';
import { pfSenseMissing, type PfSenseOptions } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addresses } from './fixture.ts';
import { World } from './world.ts';

const missing = await pfSenseMissing();
const HOUR = 3600;

async function running(options: PfSenseOptions = {}, env: Record<string, string> = {}): Promise<World> {
  const world = await World.create(addresses(20), options, env);
  onTestFinished(() => world[Symbol.asyncDispose]());
  world.start();
  await world.pass(2);
  expect(world.pfsense.entriesOf()).toHaveLength(20);
  return world;
}

const ban = ({ lapi }: World, value: string): void =>
  void lapi.decisions.add({ value, duration: 40_000, origin: 'cscli', scenario: 'by hand' });

describe.skipIf(missing !== undefined)(`faults of a firewall and its SSH (${missing ?? 'ready'})`, () => {
  it('a node that is down for an hour has what was banned meanwhile within 90 s', async () => {
    const world = await running();
    const { link } = world.pfsense;
    link.down();
    await world.pass(HOUR / 2);
    ban(world, '198.51.100.7');
    await world.pass(HOUR / 2);
    expect(world.pfsense.entriesOf()).toHaveLength(20);
    await link.up();
    expect(await world.until(() => world.pfsense.entriesOf()?.includes('198.51.100.7') === true, 90)).toBeLessThan(90);
  });

  it('too many logins at once pass by themselves, and are called so', async () => {
    const world = await running({ sshd: ['MaxStartups 1:100:1'] });
    const half = connect(world.pfsense.directPort, '127.0.0.1').on('error', () => undefined);
    await once(half, 'data');
    onTestFinished(() => void half.destroy());
    world.pfsense.link.cut();
    await world.pass(5);
    expect(world.log).toMatch(/ended the connection before it said anything of SSH.*MaxStartups/);
    half.destroy();
    ban(world, '198.51.100.7');
    expect(await world.until(() => world.pfsense.entriesOf()?.includes('198.51.100.7') === true, 90)).toBeLessThan(90);
  });
});
