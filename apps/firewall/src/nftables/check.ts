import { passed, triedStep, warned, type CheckStep } from '@bouncer/target';
import type { FirewallSettings } from '../config.ts';
import { stepsOf } from '../doctor/concern-steps.ts';
import { forwards } from '../doctor/forwarding.ts';
import { checkNeighbours } from '../doctor/neighbours.ts';
import type { RunProgram } from '../program.ts';
import { findConcerns } from './concerns.ts';
import { guardedHooks } from './layout.ts';
import type { Layout } from './layout.ts';
import { writeLayout } from './layout-script.ts';
import { findDamage, look, NOTHING_SEEN } from './seen.ts';
import type { Seen } from './seen.ts';
import { Transaction } from './transaction.ts';

/** The doctor's half of nftables. Writes nothing: what the kernel can do is tried in nft's check mode. */
export async function* checkNftables(
  settings: FirewallSettings,
  layoutFor: (seen: Seen) => Layout,
  run: RunProgram,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const program = await triedStep('nft', async () =>
    (await run({ program: 'nft', args: ['--version'], signal })).trim(),
  );
  yield program;
  if (!program.ok) return;
  let seen: Seen = NOTHING_SEEN;
  const rights = await triedStep('rights', async () => {
    seen = await look(run, settings.table, signal);
    return 'CAP_NET_ADMIN is there: the ruleset can be read';
  });
  yield rights;
  if (!rights.ok) return;
  const layout = layoutFor(seen);
  const kernel = await triedStep('kernel', async () => {
    const trial = new Transaction();
    writeLayout(trial, layout, seen);
    await run({ program: 'nft', args: ['-c', '-f', '-'], input: trial.script(), signal });
    return 'sets with timeouts, intervals, counters and the chains are accepted (tried, not written)';
  });
  yield kernel;
  if (!kernel.ok) return;
  const damage = findDamage(layout, seen);
  yield damage === undefined
    ? passed('table', `inet ${settings.table} is as it should be`)
    : warned('table', damage, 'start the connector (run), or sync once: it is created or repaired');
  if (damage === undefined && !settings.setOnly) yield passed('hooks', hooksText(settings));
  const concerns = findConcerns(settings, layout, seen, await forwards(settings.families));
  const good = settings.setOnly ? `your rules in table inet ${settings.table} use every set to block` : undefined;
  yield* stepsOf('rules', concerns, good);
  yield* checkNeighbours(settings, run, signal);
}

function hooksText(settings: FirewallSettings): string {
  const { priority, denyAction, interfaces, connections } = settings;
  const names = guardedHooks(settings).map(({ hook, from, to }) => (from && to ? `${hook} (both ways)` : hook));
  const narrow = interfaces.length === 0 ? '' : `, by ${interfaces.join(' and ')} alone`;
  const whose = { all: '', incoming: ', replies to own connections let in', new: ', first packets alone' }[connections];
  return `${denyAction} at ${names.join(' and ')}, priority ${priority}${narrow}${whose}`;
}
