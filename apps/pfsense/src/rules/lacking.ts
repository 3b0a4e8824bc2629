import { isDisabledThere, rulesOfRows } from './from-rows.ts';
import type { RuleRow } from './from-rows.ts';
import { judgeRows } from './judge-rows.ts';
import type { RuleOffer } from './rule-steps.ts';
import { isFrom, stops } from './walk.ts';

/** A rule of the offer: which way it looks, and where; no interface stands for all of them, a floating rule. */
export interface OfferedRule {
  readonly way: 'in' | 'out';
  readonly interfaces: readonly string[];
}

/** What of an offer has to be made, and what is there, in lines for people. */
export interface Lacking {
  readonly rules: readonly OfferedRule[];
  readonly said: readonly string[];
}

/** The rules of an offer: one for each interface, and one for all that goes out. */
function rulesOffered({ interfaces, direction }: RuleOffer): OfferedRule[] {
  const where = interfaces[0] === 'floating' ? [] : interfaces;
  const incoming: OfferedRule[] = where.map((name) => ({ way: 'in', interfaces: [name] }));
  if (where.length === 0) incoming.push({ way: 'in', interfaces: [] });
  return direction === 'both' ? [...incoming, { way: 'out', interfaces: where }] : incoming;
}

/** Which rules of the offer the configuration lacks; what stands there in another form is left alone, and told. */
export function lackingRules(rows: readonly RuleRow[], alias: string, offer: RuleOffer): Lacking {
  const rules: OfferedRule[] = [];
  const said: string[] = [];
  for (const offered of rulesOffered(offer)) {
    const name = offered.way === 'in' ? 'rule' : 'rule for what goes out';
    const state = stateOf(rows, alias, offered);
    if (state === 'lacking') rules.push(offered);
    else if (!said.some((line) => line.startsWith(`${name}: `))) said.push(`${name}: ${state}`);
  }
  return { rules, said };
}

/** `is there`, as it should be or not; `lacking` when it is to be made. */
function stateOf(rows: readonly RuleRow[], alias: string, { way, interfaces }: OfferedRule): string {
  const isThere = (where: string): boolean =>
    ([4, 6] as const).every((family) =>
      rulesOfRows(rows).some((rule) => stops(rule, { alias, family, interfaces: [where] }, way)),
    );
  if ((interfaces.length === 0 ? [''] : interfaces).every((name) => isThere(name.toLowerCase()))) return 'is there';
  const onThisSide = rulesOfRows(rows).filter(
    (rule) => rule.action === 'block' && isFrom(way === 'in' ? rule.source : rule.destination, alias),
  );
  if (way === 'in' && isDisabledThere(rows, alias))
    return 'is there, but disabled, left alone: enable it under Firewall > Rules, and Apply';
  // A rule that is meant to block but does not is a person's to judge; one for another interface is as it should be.
  const step = judgeRows(rows, alias);
  const isFlawed = way === 'in' && interfaces[0] === 'wan' && onThisSide.length > 0 && step.level !== 'ok';
  return isFlawed ? `is there, left alone: ${step.seen}` : 'lacking';
}
