import type { Effect, Step } from '../walk/walk.ts';
import type { IsNeverBanned } from '../walk/sources.ts';

/** Targets that let a packet go on to the next rule. */
const GOES_ON = new Set(
  'LOG NFLOG ULOG MARK CONNMARK SECMARK CONNSECMARK TCPMSS TOS DSCP TTL HL SET TRACE CT NOTRACK CLASSIFY AUDIT CHECKSUM ACCOUNT'.split(
    ' ',
  ),
);
const EFFECTS: Readonly<Record<string, Effect>> = {
  ACCEPT: 'accept',
  DROP: 'block',
  REJECT: 'block',
  TARPIT: 'block',
  RETURN: 'return',
};
/** Matches that a packet of an attacker may well meet: it can be a new or an old connection to any port. */
const CLEAR =
  /^(?:tcp|udp|udplite|sctp|dccp|icmp|icmp6|icmpv6|conntrack|state|limit|hashlimit|addrtype|multiport|length|pkttype|set|comment|statistic|connlimit|tcpmss|ttl|hl|dscp|tos|iprange)$/;

/** Splits a rule of `iptables-save` into its words: quotes and backslashes as it prints them. */
export function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'),
  );
}

/** Whether packets from banned addresses are followed, or those to them. In the words of iptables. */
export type Side = 'src' | 'dst';

/**
 * What a rule means for packets from a banned source that come in from outside, or for those that go out to a banned
 * destination; undefined when it cannot end or divert one. `chains` are those of its table.
 */
export function readStep(
  text: string,
  chains: ReadonlySet<string>,
  isNeverBanned: IsNeverBanned,
  side: Side = 'src',
): Step | undefined {
  const [device, address] = side === 'src' ? ['-i', '-s'] : ['-o', '-d'];
  const words = wordsOf(text);
  let set: string | undefined;
  let [narrow, obscure, negated] = [false, false, false];
  for (let index = 0; index < words.length; index += 1) {
    const [word = '', value = ''] = [words[index], words[index + 1]];
    const isNegated = negated;
    negated = word === '!';
    if (negated) continue;
    if (word === '-j' || word === '-g') {
      const effect = effectOf(word, value, chains);
      return effect && { text, effect, chain: chains.has(value) ? value : undefined, set, narrow, obscure };
    }
    if (word === '-m') obscure ||= !CLEAR.test(value);
    else if (word === device && value === 'lo' && !isNegated) return undefined;
    else if (word === address) {
      if (!isNegated && isNeverBanned(value)) return undefined;
      // Whoever is let in by name may be banned one day; nobody can tell from here.
      if (isNegated) narrow = true;
      else obscure = true;
    } else if (word === '--match-set') {
      const isSource = words[index + 2] === side;
      if (isSource && !isNegated && set === undefined) set = value;
      else obscure = true;
    } else if (word.startsWith('-') && word !== '--comment' && !(word === '-p' && value === 'all')) narrow = true;
    // Its value; some options have none (`-f`, `--transparent`).
    if (word === '--comment' || (word.startsWith('-') && !/^(?:-|!$)/.test(value))) index += 1;
  }
  // No target: it only counts.
  return undefined;
}

function effectOf(word: string, target: string, chains: ReadonlySet<string>): Effect | undefined {
  if (chains.has(target)) return word === '-g' ? 'goto' : 'jump';
  return EFFECTS[target] ?? (GOES_ON.has(target) ? undefined : 'unknown');
}
