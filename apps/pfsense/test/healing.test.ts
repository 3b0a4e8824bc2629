import { rmSync } from 'node:fs';
import {
  crowdsecAlias,
  crowdsecRule,
  pfSenseMissing,
  type PfSenseOptions,
  type PfSenseSandbox,
} from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { HEADER } from '../src/list/alias-file.ts';
import { addresses } from './fixture.ts';
import { World } from './world.ts';

const missing = await pfSenseMissing();
const TABLE = 'crowdsec_blacklists';
const FIRST = addresses(50);
const LATE = '198.51.100.7';
/** The last ban came as a delta: it is in the table and not yet in the file. */
const ALL = [...FIRST, LATE];
/** Contract: at the default settings. Seconds. */
const HEALED_WITHIN = 90;

const nested: PfSenseOptions = {
  aliases: [
    { name: `${TABLE}_empty`, type: 'network', address: '' },
    { name: TABLE, type: 'network', address: `${TABLE}_empty` },
  ],
};

async function following(options: PfSenseOptions = {}, env: Record<string, string> = {}): Promise<World> {
  const world = await World.create(FIRST, options, env);
  world.start();
  await world.pass(15);
  expect(world.pfsense.entriesOf()).toEqual(FIRST);
  world.lapi.decisions.add({ value: LATE, duration: 40_000 });
  await world.pass(12);
  expect(world.pfsense.entriesOf()).toEqual(ALL);
  return world;
}

const holds = ({ pfsense }: World, isInFile: boolean): boolean =>
  pfsense.entriesOf()?.join() === ALL.join() &&
  pfsense.firewall.references.get(TABLE) === 1 &&
  (!isInFile || pfsense.fileOf() === `${HEADER}${[...ALL].sort().join('\n')}\n`);

type Harm = (pfsense: PfSenseSandbox) => void;

function powerCut(pfsense: PfSenseSandbox): void {
  pfsense.link.cut();
  pfsense.firewall.reboot({ saved: false });
}

describe.skipIf(missing !== undefined)(`pfSense at the default settings (${missing ?? 'ready'})`, () => {
  it.each<[string, PfSenseOptions, boolean, Harm]>([
    ['the table was emptied', {}, false, (one) => void one.pfctl(['-t', TABLE, '-T', 'flush'])],
    ['the table was deleted', {}, false, (one) => void one.pfctl(['-t', TABLE, '-T', 'kill'])],
    [
      'somebody took one address out and put another in: the count is the same',
      {},
      false,
      (one) => {
        one.pfctl(['-t', TABLE, '-T', 'delete', FIRST[0] ?? '']);
        one.pfctl(['-t', TABLE, '-T', 'add', '192.0.2.99']);
      },
    ],
    ['a filter reload brought an old file back', {}, false, (one) => void one.firewall.reload()],
    [
      'a reboot brought an old file back',
      {},
      false,
      (one) => {
        one.link.cut();
        one.firewall.reboot();
      },
    ],
    ['a power cut took the RAM disk with the newest list', { ramDisk: true }, false, powerCut],
    [
      'a power cut took the RAM disk, and there is no archive',
      { ramDisk: true },
      true,
      (one) => {
        rmSync(one.firewall.path('/cf/conf/RAM_Disk_Store'), { recursive: true });
        powerCut(one);
      },
    ],
    [
      'the file is gone',
      {},
      true,
      (one) => {
        rmSync(one.firewall.aliasFile(TABLE));
      },
    ],
    [
      'somebody has cut the file short',
      {},
      true,
      (one) => {
        one.writeFile(`${HEADER}${FIRST[0] ?? ''}\n`);
      },
    ],
  ])('is healed within 90 s when %s', async (_, options, isInFile, harm) => {
    await using world = await following(options);
    harm(world.pfsense);
    expect(holds(world, isInFile)).toBe(false);
    expect(await world.until(() => holds(world, isInFile), 300)).toBeLessThanOrEqual(HEALED_WITHIN);
    const { writes } = world.pfsense;
    await world.pass(45);
    expect([holds(world, isInFile), world.pfsense.writes]).toEqual([true, writes]);
  });

  it.each<[string, Harm]>([
    ['the table was emptied', (one) => void one.pfctl(['-t', TABLE, '-T', 'flush'])],
    ['it has rebooted', powerCut],
  ])('is healed within 90 s without a file, too, when %s', async (_, harm) => {
    await using world = await following({ ...nested, rules: [crowdsecRule] }, { PFSENSE_MODE: 'ssh-table' });
    harm(world.pfsense);
    expect(world.pfsense.entriesOf()).not.toContain(LATE);
    expect(await world.until(() => holds(world, false), 300)).toBeLessThanOrEqual(HEALED_WITHIN);
  });

  it('keeps what CrowdSec bans while it is away, and is healed within 90 s of being back', async () => {
    await using world = await following({ aliases: [crowdsecAlias] });
    world.pfsense.link.mood = 'refuse';
    world.pfsense.link.cut();
    await world.pass(100);
    world.lapi.decisions.add({ value: '198.51.100.8', duration: 40_000 });
    world.pfsense.firewall.reload();
    await world.pass(100);
    expect(world.pfsense.entriesOf()).toEqual(FIRST);
    world.pfsense.link.mood = 'open';
    const back = (): boolean => world.pfsense.entriesOf()?.join() === [...ALL, '198.51.100.8'].join();
    expect(await world.until(back, 300)).toBeLessThanOrEqual(HEALED_WITHIN);
  });
});
