import { pfSenseMissing, type PfSenseOptions } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addresses } from './fixture.ts';
import { deviceSteps } from './product.ts';
import { World } from './world.ts';

const missing = await pfSenseMissing();
const OTHERS = 'bogonsv6';

/** `run` before a firewall whose pf has so much room in all, of which another table takes a part. */
async function full(bans: number, limit: number, others = 0, env: Record<string, string> = {}): Promise<World> {
  const options: PfSenseOptions = {};
  const world = await World.create(addresses(bans), options, env);
  onTestFinished(() => world[Symbol.asyncDispose]());
  const { firewall } = world.pfsense;
  firewall.limits.tableEntries = limit;
  fill(world, others);
  world.start();
  await world.pass(1);
  return world;
}

/** Another table grows to so many entries. */
function fill({ pfsense }: World, entries: number): void {
  const list = Array.from({ length: entries }, (_, index) => `203.${index >> 8}.${index & 255}.0/24`);
  pfsense.pfctl(['-t', OTHERS, '-T', 'replace', '-f', '-'], `${list.join('\n')}\n`);
}

const local = (value: string) => ({ value, duration: 80_000, origin: 'cscli' as const, scenario: 'by hand' });

describe.skipIf(missing !== undefined)(`pf's limit (${missing ?? 'ready'})`, () => {
  it('is filled by importance: a new local ban gets in, an unban happens, and the next reload goes well', async () => {
    const world = await full(700, 1000, 100);
    const { pfsense, lapi } = world;
    expect(pfsense.entriesOf()).toHaveLength(400);
    lapi.decisions.add(local('198.51.100.7'));
    await world.pass(30);
    expect(pfsense.entriesOf()).toHaveLength(400);
    expect(pfsense.entriesOf()).toContain('198.51.100.7');
    const [gone = ''] = pfsense.entriesOf() ?? [];
    lapi.decisions.delete({ value: gone });
    await world.pass(30);
    expect(pfsense.entriesOf()).not.toContain(gone);
    expect(pfsense.entriesOf()).toHaveLength(400);
    pfsense.firewall.reload();
    expect(pfsense.firewall.notices).toEqual([]);
    expect(pfsense.entriesOf()).toHaveLength(400);
  });

  it.each([
    [
      'the limit is lowered',
      (world: World) => {
        world.pfsense.firewall.limits.tableEntries = 500;
      },
    ],
    [
      'another table grows',
      (world: World) => {
        fill(world, 350);
      },
    ],
  ])('the list shrinks by itself when %s, and grows again', async (_, change) => {
    const world = await full(600, 1000, 100);
    const { pfsense } = world;
    expect(pfsense.entriesOf()).toHaveLength(400);
    change(world);
    await world.pass(45);
    expect(pfsense.entriesOf()).toHaveLength(150);
    pfsense.firewall.reload();
    expect(pfsense.firewall.notices).toEqual([]);
    expect(pfsense.entriesOf()).toHaveLength(150);
    fill(world, 0);
    pfsense.firewall.limits.tableEntries = 400_000;
    await world.pass(90);
    expect(pfsense.entriesOf()).toHaveLength(600);
    expect(pfsense.fileOf()?.split('\n')).toHaveLength(602);
  });

  it('a reload goes well when the limit is lowered by a little: the file has no more than the room is for', async () => {
    const world = await full(600, 800);
    const { pfsense } = world;
    pfsense.firewall.limits.tableEntries = 760;
    await world.pass(45);
    expect(pfsense.entriesOf()).toHaveLength(380);
    expect(pfsense.firewall.reload()).toBe(true);
    expect(pfsense.firewall.notices).toEqual([]);
    expect(pfsense.entriesOf()).toHaveLength(380);
  });

  it('needs no double room without a file', async () => {
    const world = await full(700, 1000, 200, { PFSENSE_MODE: 'ssh-table' });
    expect(world.log).toContain('URL table');
    const { pfsense } = world;
    pfsense.firewall.writeConfig({
      ...pfsense.firewall.config,
      aliases: [
        { name: 'inner', type: 'network', address: '' },
        { name: 'crowdsec_blacklists', type: 'network', address: 'inner' },
      ],
    });
    pfsense.firewall.reload();
    await world.pass(70);
    expect(pfsense.entriesOf()).toHaveLength(600);
  });

  it('does not empty the list where the other tables alone leave a reload no room, and says so', async () => {
    const world = await full(300, 1000, 600);
    expect(world.pfsense.entriesOf()).toHaveLength(300);
  });

  it('is told by check: room now, at the next reload, and what needs less', async () => {
    const world = await full(200, 1000, 100);
    const steps = await deviceSteps(world.env);
    expect(steps.join('\n')).toMatch(
      /FAIL room +200 entries; room for 900 now, and for 400 at the next filter reload; limit 1000\nfix: .*PFSENSE_MODE=ssh-table has room for 800/,
    );
  });
});
