import { fuzz, hostileAddress, samples } from '@bouncer/testkit';
import {
  fromInterval,
  mergeIntervals,
  parseNetwork,
  subtractIntervals,
  systemClock,
  toInterval,
  type Entry,
  type Interval,
  type Network,
} from '@bouncer/stream';
import { listedOf } from '@bouncer/target';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Scratch } from '../src/decisions/scratch.ts';
import { listFiles, PREFIXES_FILE, RANGES_FILE } from '../src/geo/lists.ts';
import { nginxMissing } from './debian-nginx.ts';
import { geoTarget, hold } from './fixture.ts';
import { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();
const none = { expiresAt: Infinity, origin: 'cscli', scenario: 'test', type: 'ban' };

/** Odd texts, random networks, and a crowd of neighbours at both ends of the address space. */
const address = fc.oneof(
  hostileAddress(),
  fc.tuple(fc.ipV4(), fc.nat(32)).map(([text, length]) => `${text}/${length}`),
  fc.tuple(fc.ipV6(), fc.nat(128)).map(([text, length]) => `${text}/${length}`),
  fc.tuple(fc.constantFrom('0.0.0.', '45.83.64.', '255.255.255.'), fc.nat(255)).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('::', '2a01:4f8::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:'), fc.nat(15))
    .map(([head, last]) => `${head}${last.toString(16)}`),
);

function entriesOf(texts: readonly string[]): Map<Network, Entry> {
  const networks = texts.flatMap((text) => parseNetwork(text) ?? []);
  return new Map(networks.map((network) => [network, { network, ...none }]));
}

/** What the lists must hold: all of it but 255.255.255.255, which NGINX cannot be told and no client has. */
function listed(networks: Iterable<Network>, family: 4 | 6): Interval[] {
  const all = [...networks].map((network) => toInterval(network)).filter((interval) => interval.family === family);
  return subtractIntervals(all, [toInterval('255.255.255.255' as Network)]);
}

/** What a list of geo says, read as strictly as it can be. */
function readList(text: string): Interval[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [, from = '', to] = /^([0-9a-f.:/]+)(?:-([0-9.]+))? 1;$/.exec(line) ?? [];
      const [first, last] = [parseNetwork(from), parseNetwork(to ?? from)];
      if (first === undefined || last === undefined || first !== from) throw new Error(`no line of a list: ${line}`);
      return { ...toInterval(first), last: toInterval(last).last };
    });
}

describe('the lists of geo mode', () => {
  it('hold the networks that were decided on, and nothing beside them', async () => {
    const scratch = new Scratch();
    await fuzz(
      'lists of NGINX, read back',
      fc.array(address, { maxLength: 40 }),
      (texts) => {
        const entries = entriesOf(texts);
        const files = listFiles(listedOf(entries), scratch);
        const [ranges = [], prefixes = []] = [RANGES_FILE, PREFIXES_FILE].map((name) =>
          readList(Buffer.from(files.find(({ path }) => path === name)?.bytes ?? []).toString()),
        );
        // NGINX searches the ranges like a phone book, so their order counts, and none may touch another.
        expect(ranges).toEqual(listed(entries.keys(), 4));
        expect(mergeIntervals(prefixes)).toEqual(listed(entries.keys(), 6));
      },
      1000,
    );
  });
});

describe.skipIf(reason !== undefined)(`the lists in a real NGINX (${reason ?? 'ready'})`, () => {
  it('refuse the first and the last address of what is banned, and serve those beside them', async () => {
    const nginx = new RealNginx();
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    // Few enough that there is something left to serve.
    const entries = [...entriesOf(samples('networks, asked of NGINX', address, 400)).values()].filter(
      ({ network }) => !/\/(?:\d|1[0-5])$/.test(network),
    );
    await hold(geoTarget(nginx.output, systemClock), entries);
    const include = `include ${nginx.output}/crowdsec-geo`;
    await nginx.configure({ modules: [], http: `${include}.conf;`, server: `${include}-server.conf;` });
    expect(nginx.test()).toBeUndefined();
    await nginx.start();
    expect(nginx.errors).not.toMatch(/\[(warn|error|emerg)\]/);
    const networks = entries.map(({ network }) => network);
    const asked = ([4, 6] as const).flatMap((which) =>
      listed(networks, which)
        .slice(0, 60)
        .flatMap(({ family, first, last }) => {
          const top = family === 4 ? 2n ** 32n - 1n : 2n ** 128n - 1n;
          const values = [first - 1n, first, last, last + 1n].filter((value) => value >= 0n && value <= top);
          return values.map((value) => ({ family, value, status: first <= value && value <= last ? 403 : 200 }));
        }),
    );
    expect(asked.length).toBeGreaterThan(200);
    const wrong: unknown[] = [];
    for (const { family, value, status } of asked) {
      const [from = ''] = fromInterval({ family, first: value, last: value });
      const got = await nginx.status(from);
      if (got !== status) wrong.push({ from, got, status });
    }
    expect(wrong).toEqual([]);
  });
});
