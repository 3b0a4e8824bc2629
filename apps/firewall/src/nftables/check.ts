import type { CheckStep } from '@bouncer/connector';
import type { FirewallSettings } from '../config.ts';
import { step } from '../check-step.ts';
import { checkNeighbours } from '../neighbours.ts';
import type { RunProgram } from '../program.ts';
import { matchOf, type Layout } from './layout.ts';
import { writeLayout } from './layout-script.ts';
import { PREFIX } from './names.ts';
import { findDamage, look, NOTHING_SEEN, type Seen } from './seen.ts';
import { Transaction } from './transaction.ts';

/** The doctor's half of nftables. Writes nothing: what the kernel can do is tried in nft's check mode. */
export async function* checkNftables(
  settings: FirewallSettings,
  layout: Layout,
  run: RunProgram,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const program = await step('nft', async () => (await run({ program: 'nft', args: ['--version'], signal })).trim());
  yield program;
  if (!program.ok) return;
  let seen: Seen = NOTHING_SEEN;
  const rights = await step('rights', async () => {
    seen = await look(run, settings.table, signal);
    return 'CAP_NET_ADMIN is there: the ruleset can be read';
  });
  yield rights;
  if (!rights.ok) return;
  const kernel = await step('kernel', async () => {
    const trial = new Transaction();
    writeLayout(trial, layout, seen);
    await run({ program: 'nft', args: ['-c', '-f', '-'], input: trial.script(), signal });
    return 'sets with timeouts, intervals, counters and the chains are accepted (tried, not written)';
  });
  yield kernel;
  if (!kernel.ok) return;
  const damage = findDamage(layout, seen);
  yield {
    ok: true,
    level: 'ok',
    step: 'table',
    seen: damage === undefined ? `inet ${settings.table} is as it should be` : `${damage}; run or sync makes it`,
  };
  yield settings.setOnly
    ? ownRules(settings, layout, seen)
    : { ok: true, level: 'ok', step: 'hooks', seen: hooksText(settings) };
  yield* checkNeighbours(settings, run, signal);
}

function hooksText({ hooks, priority, denyAction }: FirewallSettings): string {
  return `${denyAction} at ${hooks.join(' and ')}, priority ${priority}`;
}

/** With FIREWALL_SET_ONLY somebody else's rules have to use the sets. */
function ownRules({ table }: FirewallSettings, { sets }: Layout, { rules }: Seen): CheckStep {
  const used = JSON.stringify(rules.map(({ expr }) => expr));
  const unused = sets.filter(({ name }) => !used.includes(`"@${name}"`));
  const [first] = unused;
  if (!first) return { ok: true, level: 'ok', step: 'rules', seen: `your rules in table inet ${table} use every set` };
  return {
    ok: false,
    level: 'fail',
    step: 'rules',
    seen: `FIREWALL_SET_ONLY is set, and no rule in table inet ${table} uses ${unused.map(({ name }) => name.slice(PREFIX.length)).join(', ')}`,
    fix: `nft add rule inet ${table} YOUR_CHAIN ${matchOf(first)} drop (setup prints all of them)`,
  };
}
