/** The tables of the firewall in which a rule can drop. */
export type RuleTable = 'raw' | 'filter';

/** One rule of the router's firewall. */
export interface Rule {
  readonly table: RuleTable;
  readonly id: string;
  /** Its place as `print` numbers it, from 0, over all chains of the table. */
  readonly number: number;
  readonly chain: string;
  readonly action: string;
  readonly jumpTarget: string | undefined;
  readonly comment: string | undefined;
  readonly disabled: boolean;
  /** It names an interface that is gone, for example. */
  readonly invalid: boolean;
  readonly dynamic: boolean;
  readonly packets: number;
  /** With what its log lines begin; undefined when it does not log. */
  readonly logPrefix: string | undefined;
  /** Everything that narrows it, by RouterOS name; a value that begins with `!` is negated. */
  readonly matchers: ReadonlyMap<string, string>;
}

/** Attributes that say what a rule does or how it is, not what it matches. */
const NO_MATCHER: ReadonlySet<string> = new Set(
  (
    'chain action jump-target reject-with address-list address-list-timeout log log-prefix comment disabled invalid ' +
    'dynamic builtin packets bytes hw-offload passthrough creation-time'
  ).split(' '),
);

/** A rule from all that the router says about it. */
export function toRule(table: RuleTable, number: number, values: ReadonlyMap<string, string>): Rule {
  const matchers = [...values].filter(
    ([name, value]) => value !== '' && !name.startsWith('.') && !NO_MATCHER.has(name),
  );
  return {
    table,
    id: values.get('.id') ?? '',
    number,
    chain: values.get('chain') ?? '',
    action: values.get('action') ?? 'accept',
    jumpTarget: values.get('jump-target'),
    comment: values.get('comment'),
    disabled: isTrue(values.get('disabled')),
    invalid: isTrue(values.get('invalid')),
    dynamic: isTrue(values.get('dynamic')) || isTrue(values.get('builtin')),
    logPrefix: isTrue(values.get('log')) ? (values.get('log-prefix') ?? '') : undefined,
    packets: Number(values.get('packets') ?? 0) || 0,
    matchers: new Map(matchers),
  };
}

/** Actions that end a packet. */
export const BLOCKING: ReadonlySet<string> = new Set(['drop', 'reject', 'tarpit']);

/** `raw rule 3 "by hand" (prerouting accept in-interface-list=WAN)`: how a person finds it on the router. */
export function ruleName(rule: Rule): string {
  const comment = rule.comment === undefined ? '' : ` ${JSON.stringify(rule.comment)}`;
  const matchers = [...rule.matchers].map(([name, value]) => ` ${name}=${value}`).join('');
  const target = rule.jumpTarget === undefined ? '' : ` ${rule.jumpTarget}`;
  return `${rule.table} rule ${String(rule.number)}${comment} (${rule.chain} ${rule.action}${target}${matchers})`;
}

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === 'yes';
}
