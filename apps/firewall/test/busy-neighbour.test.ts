import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemClock, type Network } from '@bouncer/stream';
import { until } from '@bouncer/sandbox';
import { silentLogger, type Current, type HeldEntry } from '@bouncer/target';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NftablesTarget } from '../src/nftables/target.ts';
import { apply, calm, CountedPrograms, entry, firewallOf } from './fixture.ts';
import { Lab } from './lab.ts';
import { kernelMissing, Namespace } from './namespace.ts';

const reason = kernelMissing();

/** Commits to a table of its own every 30 ms, as kube-proxy and others may, until the test is over. */
async function busyNeighbour(namespace: Namespace): Promise<void> {
  await namespace.run('nft add table inet neighbour');
  await namespace.run('nft add set inet neighbour s { type ipv4_addr; }');
  const loop =
    'while :; do for c in add delete; do echo "$c element inet neighbour s { 10.0.0.1 }"; sleep 0.03; done; done';
  const [program = '', ...prefix] = namespace.prefix;
  const child = spawn(program, [...prefix, 'bash', '-c', `${loop} | nft -i`], { stdio: 'ignore', detached: true });
  onTestFinished(async () => {
    const ended = once(child, 'close');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
  });
  await until('the neighbour commits', async () =>
    (await namespace.run('nft list set inet neighbour s')).includes('10.0.0.1'),
  );
}

const many = Array.from({ length: 60_000 }, (_, index) =>
  entry(`45.${60 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`),
);

describe.skipIf(reason !== undefined)(`beside a program that commits all the time (${reason ?? 'ready'})`, () => {
  it('a listing has an end, and finds what is missing', async () => {
    const namespace = await Namespace.create();
    onTestFinished(() => namespace[Symbol.asyncDispose]());
    const programs = new CountedPrograms(namespace);
    const target = new NftablesTarget(firewallOf(), systemClock, silentLogger, programs.run);
    await target.open(calm);
    await target.list(calm);
    const { written } = await apply(target, { create: [...many, entry('46.1.0.0/16')] });
    const known = written as ReadonlyMap<Network, HeldEntry<string>>;
    await busyNeighbour(namespace);
    const read = async (): Promise<Current<string>> => target.list(calm, known);
    expect((await read()).held).toEqual(known);
    expect(target.facts()).toMatchObject({ listings_given_up: 1 });
    const lost = many[777]?.network ?? '';
    await namespace.run(`nft delete element inet crowdsec crowdsec_capi4 { ${lost} }`);
    await namespace.run('nft flush set inet crowdsec crowdsec_capi4_ranges');
    const { held } = await read();
    expect([held.has(lost as Network), held.has('46.1.0.0/16' as Network)]).toEqual([false, false]);
    expect(held.size).toBeGreaterThan(known.size - 1100);
    expect(await target.verify(held, calm)).toBe(true);
  });

  it('makes room for what waits to be written', async () => {
    const namespace = await Namespace.create();
    onTestFinished(() => namespace[Symbol.asyncDispose]());
    const programs = new CountedPrograms(namespace);
    const target = new NftablesTarget(firewallOf(), systemClock, silentLogger, programs.run);
    await target.open(calm);
    await target.list(calm);
    const { written } = await apply(target, { create: many.slice(0, 100) });
    const current = await target.list(calm, written as ReadonlyMap<Network, HeldEntry<string>>, AbortSignal.abort());
    expect(current.held).toEqual(written);
    expect(programs.runs.at(-1)?.args).toEqual(['-c', '-f', '-']);
    expect(target.facts()).not.toHaveProperty('listings_given_up');
  });

  it('ten bans come into the kernel, each after the other', async () => {
    await using lab = await Lab.create();
    await lab.tell(many.slice(0, 30_000).map(({ network }) => `ban ${network}`));
    // With a full pull every second the device is listed as often as it ever is.
    lab.start({ CROWDSEC_RESYNC_INTERVAL: '1s' });
    const isThere = async (address: string): Promise<boolean> =>
      lab.host.run(`nft -c delete element inet crowdsec crowdsec_o_cscli4 { ${address} }`).then(
        () => true,
        () => false,
      );
    await until('the list is in the kernel', () => isThere(many[29_999]?.network ?? ''));
    await busyNeighbour(lab.host);
    for (let index = 1; index <= 10; index += 1) {
      await lab.tell([`ban 45.83.70.${index}`]);
      await until('the ban is in the kernel', () => isThere(`45.83.70.${index}`));
    }
  });
});
