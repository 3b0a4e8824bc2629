import type { DecisionInput } from '../lapi/decision-table.ts';
import { ipv4, ipv4Range, ipv6, ipv6Range } from './addresses.ts';
import { integer, mulberry32, pick } from './random.ts';
import type { Random } from './random.ts';

/** How many of what. Shares are 0 to 1. */
export interface MixOptions {
  /** The same seed gives the same mix. Default 1. */
  readonly seed?: number;
  /** Community blocklist: origin CAPI, ban for about a week. Default 15,000. */
  readonly capi?: number;
  /** Subscribed lists: origin lists, the list's name as scenario, ban for about a day. Default 0. */
  readonly lists?: number;
  /** The agent's own: origin crowdsec with a scenario for 4 hours, a tenth of them cscli for longer. Default 0. */
  readonly local?: number;
  /** Share of IPv6. Default 0.03. */
  readonly ipv6?: number;
  /** Share of ranges among lists and local decisions; CAPI sends addresses only. Default 0.05. */
  readonly ranges?: number;
  /** Share of local decisions on an address that CAPI or a list bans as well. Default 0.1. */
  readonly overlap?: number;
}

const scenarios = [
  'crowdsecurity/ssh-bf',
  'crowdsecurity/ssh-slow-bf',
  'crowdsecurity/http-probing',
  'crowdsecurity/http-crawl-non_statics',
  'crowdsecurity/http-bad-user-agent',
  'crowdsecurity/http-cve-2021-41773',
  'crowdsecurity/http-path-traversal-probing',
  'crowdsecurity/iptables-scan-multi_ports',
  'crowdsecurity/postfix-spam',
  'crowdsecurity/nginx-req-limit-exceeded',
  'LePresidente/ssh-bad-keyexchange-bf',
];
const lists = [
  'firehol_greensnow',
  'firehol_cruzit_web_attacks',
  'firehol_botscout_7d',
  'otx-webscanners',
  'tor-exit-nodes',
];

const hour = 3600;

/** A realistic set of decisions, local ones last. Values are distinct but for the overlap. */
export function decisionMix(options: MixOptions = {}): DecisionInput[] {
  const { seed = 1, capi = 15_000, lists: listed = 0, local = 0, overlap = 0.1 } = options;
  const random = mulberry32(seed);
  const value = distinctValues(random, options);
  const decisions: DecisionInput[] = [];
  for (let index = 0; index < capi; index += 1) decisions.push(capiDecision(random, value(false)));
  for (let index = 0; index < listed; index += 1) {
    const duration = integer(random, 20 * hour, 24 * hour);
    decisions.push({ value: value(true), duration, origin: 'lists', scenario: pick(random, lists) });
  }
  const shared = decisions.length;
  for (let index = 0; index < local; index += 1) {
    const known = shared > 0 && random() < overlap ? decisions[integer(random, 0, shared - 1)] : undefined;
    decisions.push(localDecision(random, known?.value ?? value(true)));
  }
  return decisions;
}

/** One row of the community blocklist. */
export function capiDecision(random: Random, value: string): DecisionInput {
  return {
    value,
    duration: integer(random, 144 * hour, 168 * hour),
    origin: 'CAPI',
    scenario: pick(random, scenarios),
  };
}

/** One ban that the agent or its owner made. */
function localDecision(random: Random, value: string): DecisionInput {
  if (random() < 0.9) return { value, duration: 4 * hour, origin: 'crowdsec', scenario: pick(random, scenarios) };
  return { value, duration: integer(random, 4, 72) * hour, origin: 'cscli', scenario: "manual 'ban' from 'localhost'" };
}

/** A source of values, none twice; `ranges` tells whether it may be a range. */
export function distinctValues(
  random: Random,
  shares: Pick<MixOptions, 'ipv6' | 'ranges'>,
  taken: Iterable<string> = [],
): (ranges: boolean) => string {
  const seen = new Set(taken);
  return (ranges) => {
    for (;;) {
      const six = random() < (shares.ipv6 ?? 0.03);
      const range = random() < (shares.ranges ?? 0.05) && ranges;
      const value = six ? (range ? ipv6Range : ipv6)(random) : (range ? ipv4Range : ipv4)(random);
      if (seen.has(value)) continue;
      seen.add(value);
      return value;
    }
  };
}
