import type { PfSenseValues } from './config.ts';
import type { RuleOffer } from './rules/rule-steps.ts';

/** The rules that `setup` offers by these settings. */
export function ruleOfferOf(values: PfSenseValues): RuleOffer {
  const { ruleInterfaces: interfaces, ruleDirection: direction, ruleLog: log, rulePosition: position } = values;
  return { interfaces, direction, log, position };
}
