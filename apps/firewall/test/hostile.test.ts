import { spawnSync } from 'node:child_process';
import { fuzz, hostileAddress, hostileText, samples } from '@bouncer/testkit';
import { Namespace } from '@bouncer/sandbox';
import { parseNetwork } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printElement } from '../src/nftables/script.ts';
import { kernelMissing } from './namespace.ts';

const reason = kernelMissing();

describe('an element of a set', () => {
  it('is printed of addresses, times and comments of ours alone, and anything else is refused', async () => {
    const address = fc.oneof(hostileText(), hostileAddress());
    const time = fc.oneof(fc.integer(), fc.double(), fc.constant(undefined));
    await fuzz(
      'elements of nft',
      fc.tuple(address, time, fc.option(hostileText(), { nil: undefined })),
      ([addresses, timeout, comment]) => {
        try {
          const printed = printElement({ addresses, comment, ...(timeout !== undefined && { timeout }) });
          expect(printed).toMatch(/^[0-9a-f:./-]+( timeout (\d+d)?\d+s( comment "[0-9/,-]{1,120}")?)?$/);
        } catch (error) {
          expect((error as Error).message).toMatch(/^not an? (address|timeout|comment): /);
        }
      },
    );
  });
});

describe.skipIf(reason !== undefined)(`the kernel itself (${reason ?? 'ready'})`, () => {
  it('reads every element as the network that it was printed of', async () => {
    await using namespace = await Namespace.create();
    const any = fc.oneof(hostileAddress(), fc.ipV4(), fc.ipV6());
    const found = samples('networks, written by nft and listed again', any, 3000).map((text) => parseNetwork(text));
    const singles = [...new Set(found)].filter((network) => network?.includes('/') === false);
    for (const [name, six] of [
      ['four', false],
      ['six', true],
    ] as const) {
      const mine = singles.filter((network) => network?.includes(':') === six).map(String);
      expect(mine.length).toBeGreaterThan(100);
      const elements = mine.map((network) => printElement({ addresses: network, timeout: 3600 })).join(', ');
      const place = `inet probe ${name}`;
      const set = `add table inet probe\nadd set ${place} { type ipv${six ? 6 : 4}_addr; flags timeout; }\n`;
      const [program, ...args] = [...namespace.prefix, 'nft', '-f', '-'];
      const { status, stderr } = spawnSync(program, args, { input: `${set}add element ${place} { ${elements} }\n` });
      expect([status, stderr.toString()]).toEqual([0, '']);
      const listed = await namespace.run(`nft list set inet probe ${name}`);
      const back = [...listed.matchAll(/([0-9a-f:.]+) timeout/g)].map(([, text]) => parseNetwork(text!));
      expect(back.sort()).toEqual([...mine].sort());
    }
  });
});
