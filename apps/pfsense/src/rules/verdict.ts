import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import type { PfRule } from './pf-rule.ts';
import { walk } from './walk.ts';
import type { Walk } from './walk.ts';

/** Where a packet comes in, and what is to be said of it. */
export interface Way {
  /** `on WAN (em0)`. */
  readonly where: string;
  readonly names: readonly string[];
  /** Whether the internet surely comes in there. */
  readonly isWan: boolean;
}

/** How a rule that is right looks. */
export function wantedRule(alias: string): string {
  return `Firewall > Rules > WAN: a rule at the top, Block, IPv4+IPv6, any protocol, any destination, source ${alias}`;
}

/** Walks both families, and tells which rule ends a banned packet first. */
export function judgeWay(rules: readonly PfRule[], { where, names, isWan }: Way, alias: string): CheckStep {
  const walks = ([4, 6] as const).map((family) => walk(rules, { alias, family, interfaces: names }));
  const bad = walks.findIndex((one) => !stops(one));
  if (bad >= 0) {
    const other = walks[1 - bad];
    const half = other && stops(other) ? `, IPv${bad === 0 ? 4 : 6}` : '';
    const seen = `${where}${half}: ${sentence(walks[bad] as Walk, alias)}`;
    if (isWan) return failed('rule', seen, wantedRule(alias));
    return warned('rule', seen, `if the internet comes in there: ${wantedRule(alias)}`);
  }
  const exceptions = [...new Set(walks.flatMap((one) => one.exceptions))];
  const stop = walks.find(({ end }) => end === 'ours')?.rule ?? walks[0]?.rule ?? '';
  if (exceptions.length === 0) return passed('rule', `${where}, ${stop} ends a banned packet first`);
  const more = exceptions.length > 3 ? `; and ${exceptions.length - 3} more` : '';
  return warned(
    'rule',
    `${where}, some of what is banned gets through by what stands before ${stop}: ${exceptions.slice(0, 3).join('; ')}${more}`,
    'move the block rule to the top (for floating rules: make it a floating one), unless these exceptions are meant',
  );
}

function stops({ end }: Walk): boolean {
  return end === 'ours' || end === 'blocked';
}

function sentence({ end, rule = '' }: Walk, alias: string): string {
  if (end === 'passed') return `${rule} lets everyone in before the list is checked`;
  if (end === 'narrowed') return `not every banned packet is stopped: ${rule}`;
  return `no rule blocks what comes in from ${alias}`;
}
