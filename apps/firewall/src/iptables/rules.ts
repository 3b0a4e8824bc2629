import type { FirewallSettings } from '../config.ts';
import { quote } from '../walk/verdict.ts';
import { walk } from '../walk/walk.ts';
import type { Chains, Opening, Step } from '../walk/walk.ts';
import { wordsOf } from './rule-step.ts';
import type { Side } from './rule-step.ts';
import { chainsOf, readSavedTables } from './saved.ts';
import type { SavedRule, SavedTable } from './saved.ts';

/** Stands as comment on every rule of ours. */
const MARK = 'crowdsec-firewall-bouncer';

/** The filter table of one family, as far as it matters. */
export interface SeenFilter {
  readonly chains: ReadonlySet<string>;
  /** Those with our mark, in order. */
  readonly rules: readonly SavedRule[];
  /** Every rule, as a packet from a banned source meets it, or one to a banned destination. */
  readonly walked: Readonly<Record<Side, Chains>>;
  /** All tables that were asked for, by name. */
  readonly tables: ReadonlyMap<string, SavedTable>;
}

const BUILT_IN = ['INPUT', 'FORWARD', 'OUTPUT'];

/** Reads `iptables-save -c`. */
export function readFilter(text: string, settings: Pick<FirewallSettings, 'isNeverBanned'>): SeenFilter {
  const tables = readSavedTables(text);
  const filter = tables.get('filter') ?? { chains: new Set<string>(), rules: [] };
  const chains = new Set([...BUILT_IN, ...filter.chains]);
  // What the settings narrow is as wide as it should be; whether the rules are these is another question.
  const whole = (step: Step): Step =>
    isMarked(step.text) && step.set !== undefined ? { ...step, narrow: false, obscure: false } : step;
  const walkedBy = (side: Side): Chains => chainsOf({ ...filter, chains }, settings.isNeverBanned, { side, whole });
  return {
    chains,
    rules: filter.rules.filter((rule) => isMarked(rule.text)),
    walked: { src: walkedBy('src'), dst: walkedBy('dst') },
    tables,
  };
}

/** True for a rule of ours. */
export function isMarked(body: string): boolean {
  return new RegExp(`--comment "?${MARK}(?: |"|$)`).test(body);
}

/** A chain, and whether what comes from banned addresses is blocked there, what goes to them, or both. */
export interface GuardedChain {
  readonly chain: string;
  readonly sides: readonly Side[];
}

/** All chains of the settings, whether they exist or not. */
export function guardedChains({ hooks, setOnly, blockOutgoing }: FirewallSettings): readonly GuardedChain[] {
  if (setOnly) return [];
  const out = blockOutgoing ? ['OUTPUT', 'FORWARD'] : [];
  return [...new Set([...hooks, ...out])].map((chain) => {
    if (chain === 'OUTPUT') return { chain, sides: ['dst'] };
    const from = hooks.includes(chain) ? (['src'] as const) : [];
    return { chain, sides: [...from, ...(out.includes(chain) ? (['dst'] as const) : [])] };
  });
}

/** What narrows a rule, whatever address a packet has. */
const WHOSE = {
  all: '',
  incoming: ' -m conntrack --ctdir ORIGINAL',
  new: ' -m conntrack ! --ctstate RELATED,ESTABLISHED',
} as const;

/** The rules of one chain, in order: the log rule before its block. Written as `iptables-save` prints them back. */
export function rulesFor(set: string, settings: FirewallSettings, { sides }: GuardedChain): readonly string[] {
  const { denyAction, denyLog, logPrefix, interfaces, connections } = settings;
  const ways = sides.flatMap((side) => {
    const option = side === 'src' ? '-i' : '-o';
    const places = interfaces.map((name) => `${option} ${name.replace(/\*$/, '+')} `);
    return (places.length === 0 ? [''] : places).map(
      (place) => `${place}-m set --match-set ${set} ${side}${WHOSE[connections]}`,
    );
  });
  return ways.flatMap((match) => {
    const log = `${match} -m limit --limit 10/sec --limit-burst 20 -m comment --comment ${MARK} -j LOG --log-prefix "${logPrefix} "`;
    const deny = `${match} -m comment --comment ${MARK} -j ${denyAction}`;
    return denyLog ? [log, deny] : [deny];
  });
}

/** Chains of the settings that exist. */
function chainsFor(settings: FirewallSettings, { chains }: SeenFilter): readonly GuardedChain[] {
  return guardedChains(settings).filter(({ chain }) => chains.has(chain));
}

/** A chain in which something may let a banned packet through before our rule. */
export interface Overtaken extends Opening {
  /** The chain of the settings; the opening may lie in one that it leads to. */
  readonly hook: string;
}

/**
 * What stands before our rules and may let a packet through. What cannot (counters, logs, `-i lo`, blocks of others) may
 * stay there: two programs that both want to be first would push each other away for ever.
 */
export function findOvertaken(set: string, settings: FirewallSettings, seen: SeenFilter): readonly Overtaken[] {
  return chainsFor(settings, seen).flatMap(({ chain: hook, sides }) => {
    const openings = sides.flatMap((side) => walk(seen.walked[side], hook, set).openings);
    const worst = openings.find(({ sure }) => sure) ?? openings[0];
    return worst ? [{ ...worst, hook }] : [];
  });
}

/** What is not as it should be, in words. */
export function findRuleDamage(set: string, settings: FirewallSettings, seen: SeenFilter): string | undefined {
  const chains = chainsFor(settings, seen);
  const stray = seen.rules.find((rule) => !chains.some(({ chain }) => chain === rule.chain));
  if (stray) return `chain ${stray.chain} has a leftover rule of this connector`;
  for (const guarded of chains) {
    const { chain } = guarded;
    const wanted = rulesFor(set, settings, guarded).map(essence);
    const found = seen.rules.filter((rule) => rule.chain === chain).map(({ text }) => essence(text));
    if (found.length !== wanted.length || found.some((text, index) => text !== wanted[index])) {
      return `chain ${chain} lacks its rule for ${set}`;
    }
  }
  const [first] = findOvertaken(set, settings, seen);
  return first && `${quote(first)} stands before the rule for ${set} in chain ${first.hook}`;
}

/** Options that versions print differently and that leave open what is blocked; everything else narrows a rule. */
const HARMLESS = ['--limit', '--limit-burst', '--log-level', '--reject-with', '--comment'];
const ALLOWED_MATCHES = ['set', 'limit', 'comment'];

/** What must be the same for two spellings of a rule: set, target, whether it logs, and anything that narrows it. */
export function essence(text: string): string {
  const words = wordsOf(text);
  const kept: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const [word = '', value = ''] = [words[index], words[index + 1]];
    const isLimit = (word === '-m' && value === 'limit') || word.startsWith('--limit');
    const isPlain = HARMLESS.includes(word) || (word === '-m' && ALLOWED_MATCHES.includes(value));
    if (!isPlain) kept.push(word);
    else index += 1;
    if (isLimit && !text.includes('-j LOG')) kept.push(word);
  }
  return kept.join(' ');
}

/**
 * Input of `iptables-restore --noflush`: the old rules go out, the new ones go in at the head. The whole of it is one
 * step for the kernel. In this order, because `-D` takes the first rule that reads the same.
 */
export function* ruleScript(set: string, settings: FirewallSettings, seen: SeenFilter): Generator<string> {
  yield '*filter\n';
  for (const { chain, text } of seen.rules) yield `-D ${chain} ${text}\n`;
  for (const guarded of chainsFor(settings, seen)) {
    const rules = [...rulesFor(set, settings, guarded)].reverse();
    for (const rule of rules) yield `-I ${guarded.chain} 1 ${rule}\n`;
  }
  yield 'COMMIT\n';
}

/** Takes every rule of ours out. */
export function* removalScript(seen: SeenFilter): Generator<string> {
  yield '*filter\n';
  for (const { chain, text } of seen.rules) yield `-D ${chain} ${text}\n`;
  yield 'COMMIT\n';
}
