import type { Logger } from '@bouncer/connector';
import type { Family } from './address-list.ts';
import { MARK, isOurs } from './mark.ts';
import { command, read } from './routeros/command.ts';
import { trapError } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { attribute } from './routeros/sentence.ts';
import { readRules, ruleMenu, type Rule } from './rules.ts';

/** What the rules that we keep are made of. */
export interface ManagedRules {
  readonly list: string;
  /** The rule looks only at packets that come in there, when the router has such an interface list. */
  readonly wanInterfaceList: string;
}

const NAME = attribute('name');

/** The comment of the rule that we keep for a list; it is how we know it again. */
function ruleComment(list: string): string {
  return `${MARK} rule for list ${list}`;
}

/**
 * Makes sure that each family has one raw rule of ours that drops what is in the list, first in its table, because a
 * rule that accepts would let everything past a later one. Rules of others are not looked at but for their place.
 */
export async function keepRules(
  link: Link,
  families: readonly Family[],
  wanted: ManagedRules,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  let interfaces: string[] | undefined;
  for (const family of families) {
    const rules = await readRules(link, family, 'raw', signal);
    const [own, ...more] = rules.filter((rule) => isManaged(rule, wanted.list));
    for (const rule of more) await write(link, [`${ruleMenu(family, 'raw')}/remove`, `=.id=${rule.id}`], signal);
    if (own && isSound(own, wanted)) continue;
    interfaces ??= await read(
      link,
      ['/interface/list/print', '=.proplist=name', `?name=${wanted.wanInterfaceList}`],
      signal,
      (row) => row.value(NAME) ?? '',
    );
    const limited = interfaces.includes(wanted.wanInterfaceList);
    if (own && isSound(own, wanted, limited)) continue;
    await write(link, own ? setRule(family, own, wanted, limited) : addRule(family, rules, wanted, limited), signal);
    log.info({ family, list: wanted.list, limited }, own ? 'repaired the drop rule' : 'created the drop rule');
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
      await write(link, [`${ruleMenu(family, 'raw')}/remove`, `=.id=${rule.id}`], signal);
      removed++;
    }
  }
  return removed;
}

function isManaged(rule: Rule, list: string): boolean {
  return isOurs(rule.comment) && rule.comment === ruleComment(list);
}

/** `limited` undefined: only when the rule has the interface list is it sound without asking for it. */
function isSound(rule: Rule, { list, wanInterfaceList }: ManagedRules, limited = true): boolean {
  const interfaces = limited ? wanInterfaceList : undefined;
  return (
    rule.active &&
    rule.chain === 'prerouting' &&
    rule.action === 'drop' &&
    rule.sourceList === list &&
    (rule.inInterfaceList === interfaces || (interfaces === undefined && rule.inInterfaceList === ''))
  );
}

function settings({ list, wanInterfaceList }: ManagedRules, limited: boolean): string[] {
  return [
    '=chain=prerouting',
    '=action=drop',
    `=src-address-list=${list}`,
    ...(limited ? [`=in-interface-list=${wanInterfaceList}`] : []),
    `=comment=${ruleComment(list)}`,
    '=disabled=no',
  ];
}

function addRule(family: Family, rules: readonly Rule[], wanted: ManagedRules, limited: boolean): string[] {
  const first = rules.find((rule) => !rule.dynamic);
  return [
    `${ruleMenu(family, 'raw')}/add`,
    ...settings(wanted, limited),
    ...(first ? [`=place-before=${first.id}`] : []),
  ];
}

function setRule(family: Family, own: Rule, wanted: ManagedRules, limited: boolean): string[] {
  return [`${ruleMenu(family, 'raw')}/set`, `=.id=${own.id}`, ...settings(wanted, limited)];
}

async function write(link: Link, words: readonly string[], signal: AbortSignal): Promise<void> {
  const { trap } = await command(link, words, signal);
  if (trap !== undefined) throw trapError(trap, words[0] ?? '', 'write');
}
