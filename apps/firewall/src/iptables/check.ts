import type { CheckStep } from '@bouncer/connector';
import type { FirewallSettings } from '../config.ts';
import { checkNeighbours } from '../neighbours.ts';
import { step } from '../check-step.ts';
import type { RunProgram } from '../program.ts';
import type { IpsetShape } from './ipset.ts';
import { findDamage, look, type SeenFamily } from './look.ts';

/** The doctor's half of iptables and ipset. Writes nothing. */
export async function* checkIptables(
  settings: FirewallSettings,
  shapes: readonly IpsetShape[],
  run: RunProgram,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  for (const program of ['ipset', 'iptables']) {
    const seen = await step(
      program,
      async () => (await run({ program, args: ['--version'], signal })).split('\n')[0] ?? '',
    );
    yield seen;
    if (!seen.ok) return;
  }
  let families: readonly SeenFamily[] = [];
  const rights = await step('rights', async () => {
    families = await look(run, shapes, signal);
    return 'CAP_NET_ADMIN is there: sets and rules can be read';
  });
  yield rights;
  if (!rights.ok) return;
  const damage = findDamage(settings, families);
  const names = shapes.map(({ name }) => name).join(' and ');
  yield {
    ok: true,
    level: 'ok',
    step: 'sets',
    seen: damage === undefined ? `${names} are as they should be` : `${damage}; run or sync makes it`,
  };
  for (const chain of settings.setOnly ? [] : settings.hooks) {
    const isThere = families.every(({ filter }) => filter.chains.has(chain));
    yield isThere
      ? { ok: true, level: 'ok', step: 'hooks', seen: `chain ${chain} is there` }
      : {
          ok: false,
          level: 'fail',
          step: 'hooks',
          seen: `there is no chain ${chain}`,
          fix:
            chain === 'DOCKER-USER'
              ? 'start Docker, which makes it, or leave it out of FIREWALL_HOOKS'
              : 'correct FIREWALL_HOOKS',
        };
  }
  yield* checkNeighbours(settings, run, signal);
}
