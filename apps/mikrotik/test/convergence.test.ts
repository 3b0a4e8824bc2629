import { listBy } from '@bouncer/testkit';
import { startRouterOs, type Fault } from '@bouncer/sandbox';
import { ManualClock, type Entry, type Network } from '@bouncer/stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apply, calm, entry, targetFor } from './fixture.ts';
import type { Told } from './fixture.ts';

type Strike = { readonly kind: 'reboot' } | Fault;

const UNIVERSE = [
  ...Array.from({ length: 40 }, (_, index) => `198.18.0.${String(index)}`),
  '198.18.4.0/24',
  '2001:db8::1',
  '2001:db8:1::/48',
];
const FOREIGN = ['198.18.0.3', '198.18.9.9', '2001:db8::1/128'];

const strikes = fc.oneof(
  fc.record({
    kind: fc.constantFrom('close', 'fatal', 'reset', 'lose', 'cut'),
    after: fc.nat(40),
    of: fc.constantFrom('write', 'any'),
  }),
  fc.constant({ kind: 'reboot' as const }),
) as fc.Arbitrary<Strike>;

it('brings the router to what is wanted, whatever befalls the connection, and never takes away what stays wanted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.subarray(UNIVERSE), strikes), { minLength: 1, maxLength: 6 }),
      fc.integer(),
      async (rounds, seed) => {
        const clock = new ManualClock();
        await using router = await startRouterOs({ clock, seed, partialBatch: 'random' });
        const target = targetFor(router, clock);
        for (const address of FOREIGN) router.addRow({ list: 'crowdsec', address, comment: 'by hand' });

        const reconcile = async (wanted: ReadonlyMap<Network, Entry>, told?: Told): Promise<void> => {
          await target.open(calm);
          const { held, strays } = await listBy(target, calm);
          const create = [...wanted.values()].filter(({ network }) => !held.has(network));
          const gone = [...held.values()].filter(({ network }) => !wanted.has(network));
          await apply(target, { create, delete: [...gone, ...strays] }, told);
        };
        const present = (): Set<string> =>
          new Set(router.addressesOf('crowdsec').map((address) => address.replace('/128', '')));

        let before = new Map<Network, Entry>();
        for (const [networks, strike] of rounds) {
          const wanted = new Map(networks.map((network) => [network as Network, entry(clock, network)]));
          const was = present();
          let rebooted = false;
          if (strike.kind === 'reboot') rebooted = true;
          else router.plan(strike);
          const attempt = reconcile(wanted).catch(() => {});
          if (rebooted)
            setImmediate(() => {
              router.reboot();
            });
          await attempt;
          if (!rebooted) {
            const now = present();
            for (const network of before.keys()) {
              if (wanted.has(network) && was.has(network)) expect(now).toContain(network);
            }
          }
          before = wanted;
        }
        router.clearFaults();
        // A reboot may still be under way.
        await reconcile(before).catch(() => reconcile(before));
        expect([...present()].sort()).toEqual(
          [...new Set([...before.keys(), ...FOREIGN.map((address) => address.replace('/128', ''))])].sort(),
        );
        const foreign = router.rows().filter(({ comment }) => comment === 'by hand');
        expect(foreign.map(({ address }) => address).sort()).toEqual([...FOREIGN].sort());
        await target.close();
      },
    ),
    { numRuns: 60 * Number(process.env['FUZZ_SCALE'] ?? 1) },
  );
}, 60_000);
