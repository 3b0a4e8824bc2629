import { silentLogger, type AnyTarget } from '@bouncer/target';
import { targetContract, type TargetFixture } from '@bouncer/testkit';
import { systemClock } from '@bouncer/stream';
import { describe } from 'vitest';
import { IptablesTarget } from '../src/iptables/target.ts';
import { NftablesTarget } from '../src/nftables/target.ts';
import type { RunProgram } from '../src/program.ts';
import { CountedPrograms, firewallOf } from './fixture.ts';
import { kernelMissing, Namespace } from './namespace.ts';

const reason = kernelMissing();

async function fixture(make: (run: RunProgram) => AnyTarget, wipe: readonly string[]): Promise<TargetFixture> {
  const namespace = await Namespace.create();
  const programs = new CountedPrograms(namespace);
  return {
    target: make(programs.run),
    clock: systemClock,
    wipe: async () => {
      for (const command of wipe) await namespace.run(command);
    },
    writes: () => programs.writes,
    dispose: () => namespace[Symbol.asyncDispose](),
  };
}

const nftables = (run: RunProgram): AnyTarget => new NftablesTarget(firewallOf(), systemClock, silentLogger, run);
const iptables = (run: RunProgram): AnyTarget =>
  new IptablesTarget(firewallOf({ mode: 'iptables' }), systemClock, silentLogger, run);
const emptied = ['local4', 'local4_ranges', 'local6', 'local6_ranges'].map(
  (set) => `nft flush set inet crowdsec crowdsec_${set}`,
);

describe.skipIf(reason !== undefined)(`against the kernel (${reason ?? 'ready'})`, () => {
  targetContract('nftables, wiped by nft flush ruleset,', () => fixture(nftables, ['nft flush ruleset']));
  targetContract('nftables, its sets emptied,', () => fixture(nftables, emptied));
  targetContract('ipset, emptied,', () => fixture(iptables, ['ipset flush']));
  targetContract('ipset, destroyed with its rules,', () =>
    fixture(iptables, [
      'iptables -F',
      'ip6tables -F',
      'iptables -t mangle -F',
      'ip6tables -t mangle -F',
      'ipset destroy',
    ]),
  );
});
