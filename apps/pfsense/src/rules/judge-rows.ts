import { failed, type CheckStep } from '@bouncer/target';
import { isDisabledThere, rulesOfRows } from './from-rows.ts';
import type { RuleRow } from './from-rows.ts';
import { judgeWay, wantedRule } from './verdict.ts';
import { uses } from './walk.ts';

/** What the rules of a configuration do with a banned packet that comes in on `wan`. */
export function judgeRows(rows: readonly RuleRow[], alias: string): CheckStep {
  const rules = rulesOfRows(rows);
  if (rules.some((rule) => uses(rule, alias))) {
    return judgeWay(rules, { where: 'on WAN', names: ['wan'], isWan: true }, alias);
  }
  const seen = `no rule uses the alias ${alias}: the list is kept, but nothing is blocked`;
  if (!isDisabledThere(rows, alias)) return failed('rule', seen, `${wantedRule(alias)}; or setup --apply`);
  return failed('rule', `${seen}; the rule is there, but disabled`, 'Firewall > Rules: enable it and Apply');
}
