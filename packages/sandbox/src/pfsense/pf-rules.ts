import { INTERFACES } from './config.ts';
import type { FilterRule, PortForward } from './config.ts';

/** pfSense's own rules before those of people, as `pfctl -sr` prints them. */
const BEFORE = [
  'block drop in log inet all label "Default deny rule IPv4"',
  'block drop in log inet6 all label "Default deny rule IPv6"',
  'pass in quick on em1 proto tcp from any to (em1) port = https flags S/SA keep state label "anti-lockout rule"',
  'pass out inet all flags S/SA keep state allow-opts label "let out anything IPv4 from firewall host itself"',
];

/** One rule of pf with the table that it was made of, so that it can be counted. */
export interface LoadedRule {
  readonly text: string;
  /** `crowdsec_blacklists 4`; empty for a rule without a table. */
  readonly counter: string;
}

/** What is loaded of these rules: floating ones first, those for both families as two. */
export function loadedRules(rules: readonly FilterRule[]): LoadedRule[] {
  const order = [...rules.filter(({ floating }) => floating), ...rules.filter(({ floating }) => !floating)];
  return [...BEFORE.map((text) => ({ text, counter: '' })), ...order.flatMap(printRule)];
}

/** `pfctl -sn`. */
export function printForward({ port, target, pass, notFrom }: PortForward): string {
  const from = notFrom === undefined ? 'any' : `! <${notFrom}>`;
  return `rdr ${pass ? 'pass ' : ''}on em0 inet proto tcp from ${from} to 203.0.113.2 port = ${port} -> ${target}`;
}

function printRule(rule: FilterRule): LoadedRule[] {
  const { type, ipprotocol, source, protocol, port, not, floating, descr } = rule;
  const action = { block: 'block drop', reject: 'block return', pass: 'pass', match: 'match' }[type];
  const direction = floating?.direction ?? 'in';
  const head = [
    action,
    ...(direction === 'any' ? [] : [direction]),
    ...(floating?.quick === false || type === 'match' ? [] : ['quick']),
  ];
  const on = rule.interface === '' ? [] : ['on', INTERFACES[rule.interface]?.device ?? rule.interface];
  const to = `${not === 'destination' ? '! ' : ''}${peer(rule.destination)}${port === undefined ? '' : ` port = ${port}`}`;
  return (ipprotocol === 'inet46' ? (['inet', 'inet6'] as const) : [ipprotocol]).map((family) => ({
    text: [
      ...[...head, ...on, family, ...(protocol ? ['proto', protocol] : [])],
      `from ${not === 'source' ? '! ' : ''}${peer(source)} to ${to} label "USER_RULE: ${descr ?? ''}"`,
    ].join(' '),
    counter: `${source} ${family === 'inet6' ? 6 : 4}`,
  }));
}

function peer(name: string): string {
  return name === 'any' || !/^\w+$/.test(name) ? name : `<${name}>`;
}
