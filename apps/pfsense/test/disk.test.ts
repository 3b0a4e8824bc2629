import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pfSenseMissing, type PfSenseOptions } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HEADER } from '../src/list/alias-file.ts';
import { addresses } from './fixture.ts';
import { deviceSteps } from './product.ts';
import { World } from './world.ts';

const missing = await pfSenseMissing();
/** More than the small disk below takes. */
const LARGE = 20_000;

async function started(bans: number, options: PfSenseOptions, harm: (world: World) => void): Promise<World> {
  const world = await World.create(addresses(bans), options);
  onTestFinished(() => world[Symbol.asyncDispose]());
  harm(world);
  world.start();
  await world.pass(2);
  return world;
}

const folderOf = ({ pfsense }: World): string => path.dirname(pfsense.firewall.aliasFile('any'));

const HARMS: readonly (readonly [string, (world: World) => void, RegExp, (world: World) => void])[] = [
  [
    'full',
    ({ pfsense }) => pfsense.disk?.fill(),
    /No space left on device.*\/var\/db\/aliastables\)/,
    ({ pfsense }) => pfsense.disk?.free(),
  ],
  [
    'read-only',
    ({ pfsense }) => pfsense.disk?.setReadOnly(true),
    /Read-only file system.*\/var\/db\/aliastables\)/,
    ({ pfsense }) => pfsense.disk?.setReadOnly(false),
  ],
];

describe.skipIf(missing !== undefined)(`a file that cannot be written (${missing ?? 'ready'})`, () => {
  it.each(HARMS)('the bans reach pf all the same when /var is %s, and it is told', async (_, harm, words, heal) => {
    const world = await started(50, { aliasDiskKilobytes: 256 }, harm);
    const { pfsense } = world;
    expect(pfsense.entriesOf()).toEqual(addresses(50));
    expect(world.log).toMatch(words);
    expect(pfsense.fileOf()).toBe('# empty\n');
    const steps = (await deviceSteps(world.env)).join('\n');
    expect(steps).toMatch(/warn file +.*\/var\/db\/aliastables.*\nfix: .*ssh-table/);
    // Not at every look, but ten minutes later.
    const { length } = pfsense.calls.filter(({ args }) => args.includes('replace'));
    await world.pass(120);
    expect(pfsense.calls.filter(({ args }) => args.includes('replace'))).toHaveLength(length);
    heal(world);
    await world.pass(600);
    expect(pfsense.fileOf()).toBe(`${HEADER}${addresses(50).sort().join('\n')}\n`);
  });

  it('a list that is longer than the disk is in force, and the file is the old one', async () => {
    const world = await started(LARGE, { aliasDiskKilobytes: 128 }, () => undefined);
    expect(world.pfsense.entriesOf()).toHaveLength(LARGE);
    expect(world.pfsense.fileOf()).toBe('# empty\n');
  });

  it('a folder that is gone is made', async () => {
    const world = await started(20, {}, (each) => {
      rmSync(folderOf(each), { recursive: true });
    });
    expect(world.pfsense.entriesOf()).toEqual(addresses(20));
    expect(world.pfsense.fileOf()).toBe(`${HEADER}${addresses(20).sort().join('\n')}\n`);
  });

  it("leaves another connector's unfinished file alone", async () => {
    const world = await started(20, {}, (each) => {
      writeFileSync(`${each.pfsense.firewall.aliasFile('crowdsec_blacklists')}.4711`, 'half');
    });
    expect(world.pfsense.entriesOf()).toEqual(addresses(20));
    expect(world.pfsense.fileOf('crowdsec_blacklists', '.4711')).toBe('half');
  });
});
