import type { Family } from '../address-list.ts';
import type { Lists } from './lists.ts';
import { MARK } from './mark.ts';
import type { Rule, RuleTable } from './rule.ts';

/** What the rules that we keep are made of. */
export interface ManagedRules {
  readonly lists: Lists;
  /** Rules look only at packets that come in there, when that list has members. */
  readonly wanInterfaceList: string;
  readonly table: RuleTable;
  /** Chains in which what comes from the list is ended. */
  readonly chains: readonly string[];
  readonly action: 'drop' | 'reject';
  /** With it what is ended is logged, each line beginning so. */
  readonly logPrefix?: string | undefined;
  /** Also what goes to the list, from the LAN. */
  readonly outgoing: boolean;
  /** They stand behind the last rule with this comment; absent: first. */
  readonly after?: string | undefined;
}

/** One rule that has to be there. */
export interface WantedRule {
  readonly table: RuleTable;
  readonly chain: string;
  readonly action: 'drop' | 'reject';
  readonly logPrefix: string | undefined;
  /** How we know it again. */
  readonly comment: string;
  /** By RouterOS name. */
  readonly matchers: ReadonlyMap<string, string>;
}

/** The chain that what goes from the LAN to the world passes. */
const OUTGOING: Readonly<Record<RuleTable, string>> = { raw: 'prerouting', filter: 'forward' };
const VARIANT = /^ \((?:raw|filter) [\w-]+(?: dst)?\)$/;

/** The rules that have to be there in a family; `interfaces` limits them to what comes in from the world. */
export function wantedRules(
  rules: ManagedRules,
  family: Family,
  interfaces: string | undefined,
): readonly WantedRule[] {
  return rules.lists.filled(family).flatMap((list) => rulesFor(list, rules, interfaces));
}

function rulesFor(list: string, rules: ManagedRules, interfaces: string | undefined): readonly WantedRule[] {
  const { table, action, logPrefix, chains, outgoing } = rules;
  const shared = { table, action, logPrefix };
  const where: [string, string][] = interfaces === undefined ? [] : [['in-interface-list', interfaces]];
  const incoming = chains.map((chain) => ({
    ...shared,
    chain,
    comment: ruleComment(list, table, chain),
    matchers: new Map([['src-address-list', list], ...where]),
  }));
  if (!outgoing) return incoming;
  const chain = OUTGOING[table];
  const comment = `${ruleComment(list)} (${table} ${chain} dst)`;
  return [...incoming, { ...shared, chain, comment, matchers: new Map([['dst-address-list', list]]) }];
}

/** True for a rule that we keep for one of the lists, or have kept under other settings. */
export function isManaged({ comment = '' }: Rule, lists: readonly string[]): boolean {
  return lists.some((list) => {
    const usual = ruleComment(list);
    return comment === usual || (comment.startsWith(usual) && VARIANT.test(comment.slice(usual.length)));
  });
}

/** Whole: it does what it should, and nothing narrows it. */
export function isSound(rule: Rule, wanted: WantedRule): boolean {
  const { matchers } = rule;
  return (
    !rule.disabled &&
    !rule.invalid &&
    rule.table === wanted.table &&
    rule.chain === wanted.chain &&
    rule.action === wanted.action &&
    (wanted.logPrefix === undefined || rule.logPrefix === wanted.logPrefix) &&
    matchers.size === wanted.matchers.size &&
    [...wanted.matchers].every(([name, value]) => matchers.get(name) === value)
  );
}

/** What makes it, as words of an `add`. */
export function ruleWords({ chain, action, logPrefix, comment, matchers }: WantedRule): string[] {
  return [
    `=chain=${chain}`,
    `=action=${action}`,
    ...[...matchers].map(([name, value]) => `=${name}=${value}`),
    ...(logPrefix === undefined ? [] : ['=log=yes', `=log-prefix=${logPrefix}`]),
    `=comment=${comment}`,
    '=disabled=no',
  ];
}

/** The first rule that was ever made needs no more than the list's name. */
function ruleComment(list: string, table: RuleTable = 'raw', chain = 'prerouting'): string {
  const variant = table === 'raw' && chain === 'prerouting' ? '' : ` (${table} ${chain})`;
  return `${MARK} rule for list ${list}${variant}`;
}
