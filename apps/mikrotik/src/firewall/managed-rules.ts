import type { Logger } from '@bouncer/target';
import type { Family } from '../address-list.ts';
import { MARK, isOurs } from './mark.ts';
import { command } from '../routeros/command.ts';
import { trapError, trapKind } from '../routeros/errors.ts';
import type { Link } from '../routeros/link.ts';
import { findWan } from './interfaces.ts';
import { readInterfaces, readRules, ruleMenu } from './read-firewall.ts';
import type { Rule } from './rule.ts';

/** What the rules that we keep are made of. */
export interface ManagedRules {
  readonly list: string;
  /** The rule looks only at packets that come in there, when that list has members. */
  readonly wanInterfaceList: string;
}

/** The comment of the rule that we keep for a list; it is how we know it again. */
function ruleComment(list: string): string {
  return `${MARK} rule for list ${list}`;
}

/**
 * Makes sure that each family has one raw rule of ours that drops all of what is in the list, before every rule that
 * somebody else made, because a rule that accepts would let everything past a later one. Nothing is written when all is as it should be.
 */
export async function keepRules(
  link: Link,
  families: readonly Family[],
  wanted: ManagedRules,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  let limit: Promise<string | undefined> | undefined;
  for (const family of families) {
    const rules = await readRules(link, family, 'raw', signal);
    const own = rules.filter((rule) => isManaged(rule, wanted.list));
    const [kept] = own;
    // Most looks end here, with one question asked.
    if (own.length === 1 && kept && isFirst(kept, rules) && isSound(kept, wanted, wanted.wanInterfaceList)) continue;
    limit ??= limitOf(link, wanted.wanInterfaceList, signal);
    const interfaces = await limit;
    const sound = own.find((rule) => isSound(rule, wanted, interfaces));
    if (!sound) await addFirst(link, family, rules, wanted, interfaces, signal);
    else if (!isFirst(sound, rules)) await moveFirst(link, family, sound, rules, signal);
    // The new one stands before the old one goes: no packet passes in between.
    const others = own.filter((rule) => rule !== sound);
    for (const rule of others) await remove(link, family, rule, signal);
    if (sound && isFirst(sound, rules) && others.length === 0) continue;
    const fields = { family, list: wanted.list, limited: interfaces !== undefined };
    log.info(fields, kept ? 'repaired the drop rule' : 'created the drop rule');
  }
}

/** Removes the rules that we made for the list; returns how many. */
export async function removeRules(
  link: Link,
  families: readonly Family[],
  list: string,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (const family of families) {
    for (const rule of await readRules(link, family, 'raw', signal)) {
      if (!isManaged(rule, list)) continue;
      await remove(link, family, rule, signal);
      removed++;
    }
  }
  return removed;
}

/** True for the rule that we keep for the list. */
export function isManaged(rule: Rule, list: string): boolean {
  return isOurs(rule.comment) && rule.comment === ruleComment(list);
}

/** A list without members limits a rule to nothing: then the rule is not limited. */
async function limitOf(link: Link, list: string, signal: AbortSignal): Promise<string | undefined> {
  return findWan(await readInterfaces(link, signal), list).certain.length > 0 ? list : undefined;
}

/** Whole: it does what it should, and nothing narrows it. */
function isSound(rule: Rule, { list }: ManagedRules, interfaces: string | undefined): boolean {
  const { matchers } = rule;
  return (
    !rule.disabled &&
    !rule.invalid &&
    rule.chain === 'prerouting' &&
    rule.action === 'drop' &&
    matchers.get('src-address-list') === list &&
    matchers.get('in-interface-list') === interfaces &&
    matchers.size === (interfaces === undefined ? 1 : 2)
  );
}

/** Rules that the router makes may stay before it, and those of other connectors: two of them must not take turns. */
function isFirst(rule: Rule, rules: readonly Rule[]): boolean {
  return rules.slice(0, rule.number).every(mayStandBefore);
}

function mayStandBefore(rule: Rule): boolean {
  return rule.dynamic || (isOurs(rule.comment) && rule.action === 'drop');
}

/** The rules before which a rule may be put, the best place first. */
function placeFor(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter((rule) => !mayStandBefore(rule));
}

async function addFirst(
  link: Link,
  family: Family,
  rules: readonly Rule[],
  { list }: ManagedRules,
  interfaces: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const words = [
    `${ruleMenu(family, 'raw')}/add`,
    '=chain=prerouting',
    '=action=drop',
    `=src-address-list=${list}`,
    ...(interfaces === undefined ? [] : [`=in-interface-list=${interfaces}`]),
    `=comment=${ruleComment(list)}`,
    '=disabled=no',
  ];
  const places = placeFor(rules).map((rule) => [`=place-before=${rule.id}`]);
  await writeFirst(
    link,
    [...places, []].map((place) => [...words, ...place]),
    signal,
  );
}

async function moveFirst(
  link: Link,
  family: Family,
  own: Rule,
  rules: readonly Rule[],
  signal: AbortSignal,
): Promise<void> {
  const words = [`${ruleMenu(family, 'raw')}/move`, `=numbers=${own.id}`];
  const places = placeFor(rules).filter((rule) => rule.number < own.number);
  await writeFirst(
    link,
    places.map((rule) => [...words, `=destination=${rule.id}`]),
    signal,
  );
}

/** Tries one place after the other: before a rule of its own making the router lets nothing be put. */
async function writeFirst(link: Link, tries: readonly (readonly string[])[], signal: AbortSignal): Promise<void> {
  for (const [index, words] of tries.entries()) {
    const { trap } = await command(link, words, signal);
    if (trap === undefined) return;
    if (!/builtin/i.test(trap) || index === tries.length - 1) throw trapError(trap, words[0] ?? '', 'write');
  }
}

async function remove(link: Link, family: Family, rule: Rule, signal: AbortSignal): Promise<void> {
  const words = [`${ruleMenu(family, 'raw')}/remove`, `=.id=${rule.id}`];
  const { trap } = await command(link, words, signal);
  if (trap !== undefined && trapKind(trap) !== 'missing') throw trapError(trap, words[0] ?? '', 'write');
}
