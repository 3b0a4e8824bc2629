import { pfSenseMissing } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addresses } from './fixture.ts';
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
});
