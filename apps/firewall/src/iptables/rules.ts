import type { FirewallSettings } from '../config.ts';

/** Stands as comment on every rule of ours. */
const MARK = 'crowdsec-firewall-bouncer';

/** A rule of ours as `iptables-save -c` prints it. */
export interface SeenRule {
  readonly chain: string;
  /** Its text behind `-A CHAIN `: what `-D` takes. */
  readonly text: string;
  readonly packets: number;
  readonly bytes: number;
}

/** The filter table of one family, as far as it matters. */
export interface SeenFilter {
  /** Chains that are told; the built-in ones are not told while nobody has used the table. */
  readonly chains: ReadonlySet<string>;
  /** Those with our mark, in order. */
  readonly rules: readonly SeenRule[];
}

const BUILT_IN = ['INPUT', 'FORWARD', 'OUTPUT'];

/** Reads `iptables-save -c -t filter`. */
export function readFilter(text: string): SeenFilter {
  const chains = new Set(BUILT_IN);
  const rules: SeenRule[] = [];
  for (const line of text.split('\n')) {
    const chain = /^:(\S+) /.exec(line)?.[1];
    if (chain !== undefined) chains.add(chain);
    const [, packets, bytes, place, body] = /^\[(\d+):(\d+)\] -A (\S+) (.*)$/.exec(line) ?? [];
    if (place === undefined || body === undefined) continue;
    if (isMarked(body)) rules.push({ chain: place, text: body, packets: Number(packets), bytes: Number(bytes) });
  }
  return { chains, rules };
}

function isMarked(body: string): boolean {
  return new RegExp(`--comment "?${MARK}(?: |"|$)`).test(body);
}

/** The rules of one chain, in order: the log rule first. Written as `iptables-save` prints them back. */
function rulesFor(set: string, { denyAction, denyLog }: FirewallSettings): readonly string[] {
  const match = `-m set --match-set ${set} src`;
  const log = `${match} -m limit --limit 10/sec --limit-burst 20 -m comment --comment ${MARK} -j LOG --log-prefix "crowdsec drop: "`;
  const deny = `${match} -m comment --comment ${MARK} -j ${denyAction}`;
  return denyLog ? [log, deny] : [deny];
}

/** Chains of the settings that exist. */
function chainsOf({ hooks, setOnly }: FirewallSettings, { chains }: SeenFilter): readonly string[] {
  return setOnly ? [] : hooks.filter((hook) => chains.has(hook));
}

/** What is not as it should be, in words. */
export function findRuleDamage(set: string, settings: FirewallSettings, seen: SeenFilter): string | undefined {
  const wanted = rulesFor(set, settings).map(essence);
  const chains = chainsOf(settings, seen);
  const stray = seen.rules.find(({ chain }) => !chains.includes(chain));
  if (stray) return `chain ${stray.chain} has a rule of ours that nobody wants`;
  for (const chain of chains) {
    const found = seen.rules.filter((rule) => rule.chain === chain).map(({ text }) => essence(text));
    if (found.length !== wanted.length || found.some((text, index) => text !== wanted[index])) {
      return `chain ${chain} lacks its rule for ${set}`;
    }
  }
  return undefined;
}

/** What must be the same for two spellings of a rule: set, target, whether it logs. Versions print the rest differently. */
function essence(text: string): string {
  return `${/--match-set (\S+) src/.exec(text)?.[1] ?? ''} ${/-j (\S+)/.exec(text)?.[1] ?? ''}`;
}

/**
 * Input of `iptables-restore --noflush`: the old rules go out, the new ones go in at the head. The whole of it is one
 * step for the kernel. In this order, because `-D` takes the first rule that reads the same.
 */
export function* ruleScript(set: string, settings: FirewallSettings, seen: SeenFilter): Generator<string> {
  yield '*filter\n';
  for (const { chain, text } of seen.rules) yield `-D ${chain} ${text}\n`;
  for (const chain of chainsOf(settings, seen)) {
    for (const rule of [...rulesFor(set, settings)].reverse()) yield `-I ${chain} 1 ${rule}\n`;
  }
  yield 'COMMIT\n';
}

/** Takes every rule of ours out. */
export function* removalScript(seen: SeenFilter): Generator<string> {
  yield '*filter\n';
  for (const { chain, text } of seen.rules) yield `-D ${chain} ${text}\n`;
  yield 'COMMIT\n';
}
