import { passed, triedStep, warned, type CheckStep } from '@bouncer/target';
import type { FirewallSettings } from '../config.ts';
import { checkNeighbours } from '../doctor/neighbours.ts';
import { stepsOf } from '../doctor/concern-steps.ts';
import { forwards } from '../doctor/forwarding.ts';
import type { RunProgram } from '../program.ts';
import type { IpsetShape } from './ipset.ts';
import { findDamage, look } from './look.ts';
import type { SeenFamily } from './look.ts';
import { findConcerns } from './own-rules.ts';

/** The doctor's half of iptables and ipset. Writes nothing. */
export async function* checkIptables(
  settings: FirewallSettings,
  shapes: readonly IpsetShape[],
  run: RunProgram,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  for (const program of ['ipset', 'iptables']) {
    const seen = await triedStep(
      program,
      async () => (await run({ program, args: ['--version'], signal })).split('\n')[0] ?? '',
    );
    yield seen;
    if (!seen.ok) return;
  }
  let families: readonly SeenFamily[] = [];
  const rights = await triedStep('rights', async () => {
    families = await look(run, shapes, settings, signal);
    return 'CAP_NET_ADMIN is there: sets and rules can be read';
  });
  yield rights;
  if (!rights.ok) return;
  const damage = findDamage(settings, families);
  const names = shapes.map(({ name }) => name).join(' and ');
  yield damage === undefined
    ? passed('sets', `${names} are as they should be`)
    : warned('sets', damage, 'start the connector (run), or sync once: they are created or repaired');
  const isForwarding = await forwards(settings.families);
  const concerns = findConcerns(settings, families, isForwarding);
  const place = settings.setOnly ? 'your own rules' : `the rule in ${settings.hooks.join(' and ')}`;
  const good = `${place}: nothing lets a banned packet through before it is blocked`;
  yield* stepsOf('rules', concerns, damage === undefined || settings.setOnly ? good : undefined);
  yield* checkNeighbours(settings, run, signal);
}
