import { pfSenseMissing, startPfSense, type PfSenseSandbox } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Twins } from '../src/ssh/twins.ts';
import { addresses, calm, targetFor } from './fixture.ts';
import { World } from './world.ts';

const missing = await pfSenseMissing();
const TABLE = 'crowdsec_blacklists';

describe.skipIf(missing !== undefined)(`two hands on one list (${missing ?? 'ready'})`, () => {
  it('an accident is mended in silence; the second one is told, and a filter reload is none', async () => {
    const world = await World.create(addresses(20));
    onTestFinished(() => world[Symbol.asyncDispose]());
    world.start();
    await world.pass(2);
    const { pfsense } = world;
    pfsense.firewall.reload();
    await world.pass(30);
    pfsense.firewall.reload();
    await world.pass(30);
    pfsense.pfctl(['-t', TABLE, '-T', 'delete', '45.0.0.1']);
    await world.pass(60);
    expect(pfsense.entriesOf()).toEqual(addresses(20));
    expect(world.log).not.toContain('somebody else');
    pfsense.pfctl(['-t', TABLE, '-T', 'replace', '192.0.2.1']);
    await world.pass(60);
    expect(pfsense.entriesOf()).toEqual(addresses(20));
    expect(world.log).toContain('somebody else keeps changing the list');
  });

  it('one firewall under two names is told, two firewalls are not', async () => {
    const world = await World.create([]);
    onTestFinished(() => world[Symbol.asyncDispose]());
    const other = await startPfSense();
    onTestFinished(() => other.close());
    const twins = new Twins();
    const seen = async (pfsense: PfSenseSandbox, host: string): Promise<string[]> => {
      const target = targetFor(pfsense, world.clock, { twins, host });
      onTestFinished(() => target.close());
      await target.open(calm);
      return target.concerns().map((concern) => concern.seen);
    };
    expect(await seen(world.pfsense, '127.0.0.1')).toEqual([]);
    expect(await seen(other, '127.0.0.1')).toEqual([]);
    expect(await seen(world.pfsense, 'localhost')).toEqual([
      `this is the same firewall as pfsense 127.0.0.1:${world.pfsense.port}: its list is kept twice`,
    ]);
  });
});
