import type { FirewallSettings } from '../config.ts';
import { essence, guardedChains, isMarked, rulesFor } from './rules.ts';
import type { GuardedChain } from './rules.ts';
import { readSavedTables } from './saved.ts';
import type { SavedRule } from './saved.ts';

/** Chains that the table mangle has as well. */
const PLACES = ['INPUT', 'FORWARD', 'OUTPUT'];

/**
 * The same rules once more, in the table `mangle`: its chains see the same packets before those of `filter`. Docker, ufw and
 * others put their rules at the head of `filter` whenever they start, and let in what stands behind; here nobody accepts, and
 * what is accepted here goes on to `filter`. The kernel takes REJECT in `filter` alone, so that goes without.
 */
function chainsOf(settings: FirewallSettings): readonly GuardedChain[] {
  if (settings.denyAction !== 'DROP') return [];
  return guardedChains(settings).filter(({ chain }) => PLACES.includes(chain));
}

/** Reads our rules from `iptables-save -c -t mangle`. */
export function readVanguard(text: string): readonly SavedRule[] {
  return (readSavedTables(text).get('mangle')?.rules ?? []).filter((rule) => isMarked(rule.text));
}

/** What is not as it should be, in words. */
export function findVanguardDamage(
  set: string,
  settings: FirewallSettings,
  seen: readonly SavedRule[],
): string | undefined {
  const wanted = chainsOf(settings).flatMap((guarded) =>
    rulesFor(set, settings, guarded).map((rule) => `${guarded.chain} ${essence(rule)}`),
  );
  const found = seen.map(({ chain, text }) => `${chain} ${essence(text)}`);
  const byChain = (lines: readonly string[]): string =>
    PLACES.map((chain) => lines.filter((line) => line.startsWith(`${chain} `)).join('\n')).join('\n');
  if (found.length === wanted.length && byChain(found) === byChain(wanted)) return undefined;
  return `table mangle lacks its rules for ${set}`;
}

/** Input of `iptables-restore --noflush`, as for the table filter. */
export function* vanguardScript(
  set: string,
  settings: FirewallSettings,
  seen: readonly SavedRule[],
): Generator<string> {
  yield '*mangle\n';
  for (const { chain, text } of seen) yield `-D ${chain} ${text}\n`;
  for (const guarded of chainsOf(settings)) {
    for (const rule of [...rulesFor(set, settings, guarded)].reverse()) yield `-I ${guarded.chain} 1 ${rule}\n`;
  }
  yield 'COMMIT\n';
}

/** Takes every rule of ours out of mangle. */
export function* vanguardRemoval(seen: readonly SavedRule[]): Generator<string> {
  yield '*mangle\n';
  for (const { chain, text } of seen) yield `-D ${chain} ${text}\n`;
  yield 'COMMIT\n';
}
