import type { Logger } from '@bouncer/target';
import type { Family } from '../address-list.ts';
import { isOurs } from './mark.ts';
import type { Lists } from './lists.ts';
import { command } from '../routeros/command.ts';
import { trapError, trapKind } from '../routeros/errors.ts';
import type { Link } from '../routeros/link.ts';
import { findWan } from './interfaces.ts';
import { readInterfaces, readRules, ruleMenu } from './read-firewall.ts';
import type { Rule, RuleTable } from './rule.ts';
import { isManaged, isSound, ruleWords, wantedRules } from './wanted-rules.ts';
import type { ManagedRules, WantedRule } from './wanted-rules.ts';

const TABLES: readonly RuleTable[] = ['raw', 'filter'];

/** The rules of one family, and what is known about them. */
interface Scene {
  readonly link: Link;
  readonly family: Family;
  readonly rules: ManagedRules;
  readonly signal: AbortSignal;
}

/**
 * Makes sure that each family has the rules of ours, and no other of ours, before every rule that somebody else made or right
 * behind the one that was named: a rule that accepts would let everything past a later one. Nothing is written when all is
 * as it should be. `all`: also looks for rules of ours in the other table, where earlier settings may have left them.
 */
export async function keepRules(
  link: Link,
  families: readonly Family[],
  rules: ManagedRules,
  log: Logger,
  all: boolean,
  signal: AbortSignal,
): Promise<void> {
  let limit: Promise<string | undefined> | undefined;
  const limited = (): Promise<string | undefined> => (limit ??= limitOf(link, rules.wanInterfaceList, signal));
  for (const family of families) {
    const scene: Scene = { link, family, rules, signal };
    const present = await readRules(link, family, rules.table, signal);
    // Most looks end here, with one question asked.
    const isRight = isComplete(present, scene, rules.wanInterfaceList);
    const hadNone = !present.some((rule) => isOwn(rule, scene));
    const written = isRight ? false : await repair(scene, present, wantedRules(rules, family, await limited()));
    const left = all ? await removeLeft(scene) : 0;
    if (!written && left === 0) continue;
    const fields = { family, list: rules.lists.filled(family).join(', '), limited: (await limited()) !== undefined };
    log.info(fields, hadNone ? 'created the drop rule' : 'repaired the drop rule');
  }
}

/** Removes the rules that we made for the lists; returns how many. */
export async function removeRules(
  link: Link,
  families: readonly Family[],
  lists: Lists,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (const family of families) {
    for (const table of TABLES) {
      for (const rule of await readRules(link, family, table, signal)) {
        if (!isManaged(rule, lists.of(family))) continue;
        await remove(link, family, rule, signal);
        removed++;
      }
    }
  }
  return removed;
}

function isOwn(rule: Rule, { rules, family }: Scene): boolean {
  return isManaged(rule, rules.lists.of(family));
}

/** Each rule is there once, whole and in its place, and no other of ours. */
function isComplete(present: readonly Rule[], scene: Scene, interfaces: string): boolean {
  const { rules, family } = scene;
  const own = present.filter((rule) => isOwn(rule, scene));
  const wanted = wantedRules(rules, family, interfaces);
  return (
    own.length === wanted.length &&
    wanted.every((one) => own.some((rule) => rule.comment === one.comment && isSound(rule, one))) &&
    own.every((rule) => isInPlace(rule, present, rules.after))
  );
}

/** Adds, moves and removes until all is right; true when anything was written. */
async function repair(scene: Scene, present: readonly Rule[], wanted: readonly WantedRule[]): Promise<boolean> {
  const { link, family, rules, signal } = scene;
  const own = present.filter((rule) => isOwn(rule, scene));
  const kept = new Set<Rule>();
  let written = false;
  for (const one of wanted) {
    const sound = own.find((rule) => rule.comment === one.comment && isSound(rule, one));
    if (sound) kept.add(sound);
    if (sound && isInPlace(sound, present, rules.after)) continue;
    written = true;
    if (sound) await moveToPlace(scene, sound, present);
    else await addInPlace(scene, one, present);
  }
  // The new one stands before the old one goes: no packet passes in between.
  for (const rule of own) {
    if (kept.has(rule)) continue;
    written = true;
    await remove(link, family, rule, signal);
  }
  return written;
}

/** Rules of ours in the table that is not used any more. */
async function removeLeft(scene: Scene): Promise<number> {
  const { link, family, rules, signal } = scene;
  const [other] = TABLES.filter((table) => table !== rules.table);
  if (!other) return 0;
  const left = (await readRules(link, family, other, signal)).filter((rule) => isOwn(rule, scene));
  for (const rule of left) await remove(link, family, rule, signal);
  return left.length;
}

/** A list without members limits a rule to nothing: then the rule is not limited. */
async function limitOf(link: Link, list: string, signal: AbortSignal): Promise<string | undefined> {
  return findWan(await readInterfaces(link, signal), list).certain.length > 0 ? list : undefined;
}

/** Rules that the router makes may stay before it, and those of other connectors: two of them must not take turns. */
function mayStandBefore(rule: Rule): boolean {
  return rule.dynamic || (isOurs(rule.comment) && (rule.action === 'drop' || rule.action === 'reject'));
}

/** Behind the rule that was named, when there is one, or the first; nothing of others in between. */
function isInPlace(rule: Rule, present: readonly Rule[], after: string | undefined): boolean {
  const start = startOf(present, after);
  return rule.number >= start && present.slice(start, rule.number).every(mayStandBefore);
}

/** The number of the first place for a rule of ours. */
function startOf(present: readonly Rule[], after: string | undefined): number {
  return after === undefined ? 0 : present.findLastIndex(({ comment }) => comment === after) + 1;
}

/** The rules before which a rule may be put, the best place first. */
function placesFor(present: readonly Rule[], after: string | undefined): readonly Rule[] {
  return present.slice(startOf(present, after)).filter((rule) => !mayStandBefore(rule));
}

async function addInPlace(
  { link, family, rules, signal }: Scene,
  wanted: WantedRule,
  present: readonly Rule[],
): Promise<void> {
  const words = [`${ruleMenu(family, wanted.table)}/add`, ...ruleWords(wanted)];
  const places = placesFor(present, rules.after).map((rule) => [`=place-before=${rule.id}`]);
  await writeFirst(
    link,
    [...places, []].map((place) => [...words, ...place]),
    signal,
  );
}

async function moveToPlace({ link, family, rules, signal }: Scene, own: Rule, present: readonly Rule[]): Promise<void> {
  const words = [`${ruleMenu(family, own.table)}/move`, `=numbers=${own.id}`];
  const places = placesFor(present, rules.after).filter((rule) => rule !== own);
  await writeFirst(
    link,
    [...places.map((rule) => [`=destination=${rule.id}`]), []].map((place) => [...words, ...place]),
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
  const words = [`${ruleMenu(family, rule.table)}/remove`, `=.id=${rule.id}`];
  const { trap } = await command(link, words, signal);
  if (trap !== undefined && trapKind(trap) !== 'missing') throw trapError(trap, words[0] ?? '', 'write');
}
