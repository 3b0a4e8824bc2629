import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import { sortConfigured } from '../rules/configured.ts';
import { forwardsBefore } from '../rules/forwards.ts';
import { parseRules } from '../rules/pf-rule.ts';
import type { PfRule } from '../rules/pf-rule.ts';
import { judgeWay, wantedRule } from '../rules/verdict.ts';
import { uses } from '../rules/walk.ts';
import type { FirewallSettings } from './firewall-settings.ts';
import { uplinks } from './interfaces.ts';
import type { Uplink } from './interfaces.ts';
import type { Report } from './report.ts';

/**
 * Whether a banned packet from WAN really ends on this firewall, from its own words: the same for `check` and for what a
 * running connector tells. `loads` says what became of a filter reload that was to bring the rule.
 */
export function judge(report: Report, settings: FirewallSettings, reloadHelped = true): CheckStep[] {
  return [pfStep(report), ...ruleSteps(report, settings, reloadHelped), ...staleStep(report)];
}

/** True when config.xml has a block rule that pf does not have: a filter reload may bring it. */
export function isRuleLost({ tables, configured, enabled }: Report, { alias, file }: FirewallSettings): boolean {
  const rules = tables.get(alias)?.rules ?? 0;
  const wanted = sortConfigured(configured);
  return file && enabled !== false && rules === 0 && wanted.enabled > wanted.scheduled;
}

function pfStep({ enabled }: Report): CheckStep {
  if (enabled === true) return passed('pf', 'the packet filter is on');
  const fix =
    'System > Advanced > Firewall & NAT: let Disable Firewall be off, then Status > Filter Reload (or pfctl -e)';
  if (enabled === false)
    return failed('pf', 'the packet filter is off (pfctl: Status: Disabled): nothing is blocked', fix);
  return warned('pf', 'pf does not say whether it is on', 'see `pfctl -s info` on the firewall');
}

function staleStep({ stale }: Report): CheckStep[] {
  if (!stale) return [];
  const seen = 'the rules that were made last could not be loaded: pf works with older ones';
  return [warned('reload', seen, 'see Status > Filter Reload and the notices for why, then Force Reload')];
}

function ruleSteps(report: Report, settings: FirewallSettings, reloadHelped: boolean): CheckStep[] {
  const { alias } = settings;
  const rules = parseRules(report.filter);
  const used = report.tables.get(alias)?.rules ?? 0;
  if (used === 0 && !rules.some((rule) => uses(rule, alias))) return [noRule(report, settings, reloadHelped)];
  const { enabled, scheduled } = sortConfigured(report.configured);
  if (enabled > 0 && enabled === scheduled) {
    return [
      failed(
        'rule',
        `the rule with ${alias} has a schedule: it blocks at times only`,
        'Firewall > Rules: edit the rule, Schedule none, Save, Apply',
      ),
    ];
  }
  if (rules.length === 0) {
    return [
      warned(
        'rule',
        `${used} rules use the table; pf does not show them`,
        'check that one of them blocks what comes in on WAN',
      ),
    ];
  }
  const ways = uplinks(report.interfaces);
  if (ways.length === 0) return [unknownWan(rules, alias)];
  const steps = ways.map(({ key, name, names }) => {
    const where = `on ${name} (${names[0] ?? ''})`;
    return judgeWay(rules, { where, names, isWan: key === 'wan' }, alias);
  });
  return [...steps, ...forwardSteps(report, ways, alias)];
}

function noRule(report: Report, { alias, file }: FirewallSettings, reloadHelped: boolean): CheckStep {
  const { enabled, disabled, pass } = sortConfigured(report.configured);
  const seen = `pf has no rule that uses ${alias}: the list is kept, but nothing is blocked`;
  if (enabled > 0) {
    const more = reloadHelped
      ? '; the configuration has one, which the last filter load has left out'
      : '; a filter reload did not bring the one of the configuration';
    const fix = file
      ? '`setup --apply`, or Status > Filter Reload > Reload Filter; see the notices for why'
      : 'Status > Filter Reload > Reload Filter; see the notices for why';
    return failed('rule', `${seen}${more}`, fix);
  }
  if (disabled > 0)
    return failed(
      'rule',
      `${seen}; the rule is there, but disabled`,
      'Firewall > Rules: enable it and Apply; or setup --apply',
    );
  if (pass > 0)
    return failed('rule', `${seen}; the only rule with it is a pass rule`, `${wantedRule(alias)}; or setup --apply`);
  return failed('rule', seen, `${wantedRule(alias)}; or setup --apply`);
}

function unknownWan(rules: readonly PfRule[], alias: string): CheckStep {
  const names = [...new Set(rules.filter((rule) => uses(rule, alias)).flatMap(({ interfaces }) => interfaces))];
  const where = names.length === 0 ? 'on all interfaces' : `on ${names.join(', ')}`;
  const step = judgeWay(rules, { where, names, isWan: true }, alias);
  if (step.level !== 'ok' || names.length === 0) return step;
  return warned(
    'rule',
    `${step.seen}; which interface is WAN cannot be seen`,
    'check that this is where the internet comes in',
  );
}

function forwardSteps(report: Report, ways: readonly Uplink[], alias: string): CheckStep[] {
  const forwards = forwardsBefore(
    report.nat,
    ways.flatMap(({ names }) => names),
    alias,
  );
  if (forwards.length === 0) return [];
  const seen = `port forwards with "Pass" let banned addresses in, no rule is consulted: ${forwards.slice(0, 3).join('; ')}`;
  return [
    warned(
      'forwards',
      seen,
      `Firewall > NAT > Port Forward: Filter rule association "Add associated filter rule" instead of Pass, or source "not" ${alias}`,
    ),
  ];
}
