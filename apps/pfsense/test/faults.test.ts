import { rmSync } from 'node:fs';
import { crowdsecRule, integer, mulberry32, pfSenseMissing, pick, type PfSenseOptions } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { addresses } from './fixture.ts';
import { ListWatch } from './watch-list.ts';
import { World } from './world.ts';

const missing = await pfSenseMissing();
const TABLE = 'crowdsec_blacklists';
const STEPS = 18;
/** More by `PFSENSE_FAULT_SEEDS=200`: three are what CI has time for. */
const SEEDS = Array.from({ length: Number(process.env['PFSENSE_FAULT_SEEDS'] ?? 3) }, (_, index) => index + 1);
/** So many that a list takes several packets: there is a middle to be cut in. */
const FIRST = addresses(900);
const nested: PfSenseOptions = {
  rules: [crowdsecRule],
  aliases: [
    { name: `${TABLE}_empty`, type: 'network', address: '' },
    { name: TABLE, type: 'network', address: `${TABLE}_empty` },
  ],
};

describe.skipIf(missing !== undefined)(`pfSense under faults (${missing ?? 'ready'})`, () => {
  it.each(SEEDS)('comes to hold what LAPI says, and no live ban goes missing (seed %i)', async (seed) => {
    const random = mulberry32(seed);
    const file = seed % 3 !== 0;
    const ramDisk = seed % 2 === 0;
    const options = file ? { ramDisk } : nested;
    await using world = await World.create(FIRST, options, { PFSENSE_MODE: file ? 'ssh' : 'ssh-table' });
    const { pfsense, lapi } = world;
    const { link, firewall } = pfsense;
    const watch = new ListWatch(world, file);
    for (const network of FIRST) watch.banned.add(network);
    let next = 0;

    function ban(): void {
      for (let count = pick(random, [1, 1, 3, 40, 400]); count > 0; count -= 1) {
        next += 1;
        const value = pick(random, [`198.18.${next >> 8}.${next & 255}`, `2001:db8:${next.toString(16)}::/48`]);
        lapi.decisions.add({ value, duration: 40_000 });
        watch.banned.add(value);
      }
    }

    function unban(): void {
      for (let count = pick(random, [1, 5]); count > 0; count -= 1) {
        const value = pick(random, [...watch.banned]);
        lapi.decisions.delete({ value });
        watch.banned.delete(value);
      }
    }

    function reboot(): void {
      link.cut();
      if (ramDisk && random() < 0.3) rmSync(firewall.path('/cf/conf/RAM_Disk_Store'), { recursive: true, force: true });
      firewall.reboot({ saved: random() < 0.5 });
    }

    const innocent: Record<string, () => void | Promise<void>> = {
      ban,
      unban,
      'a cut': () => {
        link.cut();
      },
      'a cut in a transfer': () => {
        ban();
        link.cutAfter(integer(random, 0, 25_000));
      },
      'kill -9': async () => {
        await world.kill();
        world.start();
      },
      'a restart': async () => {
        await world.stop();
        world.start();
      },
      'a refused connection': async () => {
        link.mood = 'refuse';
        link.cut();
        await world.pass(integer(random, 1, 60));
        link.mood = 'open';
      },
    };
    const harms: Record<string, () => void> = {
      'a reload': () => void firewall.reload(),
      'a flush': () => void pfsense.pfctl(['-t', TABLE, '-T', 'flush']),
      'a foreign entry': () => void pfsense.pfctl(['-t', TABLE, '-T', 'add', '192.0.2.99']),
      'a lost file': () => {
        if (file) rmSync(firewall.aliasFile(TABLE), { force: true });
      },
      reboot,
    };

    world.start();
    const told: string[] = [];
    for (let step = 0; step < STEPS; step += 1) {
      const isHarm = random() < 0.35;
      const name = pick(random, Object.keys(isHarm ? harms : innocent));
      told.push(name);
      const harm = harms[name];
      if (harm && random() < 0.5) watch.later(integer(random, 1, 12), name, harm);
      else if (harm) watch.during(name, harm);
      else {
        watch.during(name, () => {}, true);
        await innocent[name]?.();
      }
      if (random() < 0.8) await world.pass(integer(random, 1, 30));
    }
    watch.later(0, '', () => {});
    link.cutAfter(Infinity);
    const seconds = await world.until(() => watch.isInStep(), 300);
    await world.stop();
    watch.look();
    expect(watch.wrongs, told.join(', ')).toEqual([]);
    expect(seconds, told.join(', ')).toBeLessThanOrEqual(120);
    expect(watch.isInStep()).toBe(true);
    // A stop leaves in the file what a reload brings back.
    if (!file) return;
    firewall.reload();
    expect(watch.isInStep()).toBe(true);
  });
});
