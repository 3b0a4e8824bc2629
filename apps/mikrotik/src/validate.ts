import type { Problem } from '@bouncer/target';
import type { MikrotikValues } from './config.ts';
import { routersOf } from './router-settings.ts';

/** `<password>`: what stands in a document for a value. */
const PLACEHOLDER = /^<[a-z][a-z _-]*>$/i;

/** What is wrong with settings that are sound one by one. */
export function validateMikrotik(values: MikrotikValues): readonly Problem[] {
  const problems: Problem[] = [];
  if (!values.ipv4 && !values.ipv6) {
    problems.push({ variable: 'MIKROTIK_IPV6', problem: 'is false and so is MIKROTIK_IPV4: nothing would be blocked' });
  }
  if (PLACEHOLDER.test(values.password.value())) {
    problems.push({ variable: 'MIKROTIK_PASSWORD', problem: "is a placeholder: give the user's own password" });
  }
  const groups = values.groupLists.map((text) => text.split(':')[0]);
  const named = groups.find((group, index) => groups.indexOf(group) !== index);
  if (named !== undefined) problems.push({ variable: 'MIKROTIK_LISTS', problem: `names ${named} twice` });
  problems.push(...ruleProblems(values));
  const ways = [
    ['MIKROTIK_TLS_FINGERPRINT', values.fingerprint !== undefined],
    ['MIKROTIK_TLS_INSECURE', values.insecure],
    ['MIKROTIK_TLS_ANONYMOUS', values.anonymous],
  ] as const;
  const chosen = ways.filter(([, on]) => on).map(([variable]) => variable);
  const [first, second] = chosen;
  if (first && second) problems.push({ variable: second, problem: `contradicts ${first}: use one of them` });
  if (!values.tls && first) problems.push({ variable: first, problem: 'needs MIKROTIK_TLS=true' });
  if (!values.tls && values.caFile !== undefined) {
    problems.push({ variable: 'MIKROTIK_CA_FILE', problem: 'needs MIKROTIK_TLS=true' });
  }
  const routers = routersOf(values).map(({ host, port }) => `${host.toLowerCase()} port ${String(port)}`);
  const twice = routers.find((router, index) => routers.indexOf(router) !== index);
  if (twice !== undefined) problems.push({ variable: 'MIKROTIK_HOST', problem: `names ${twice} twice` });
  return problems;
}

const CHAINS = { raw: ['prerouting'], filter: ['input', 'forward'] } as const;

/** Rules that could not be made, or would see nothing that comes in. */
function ruleProblems({ manageRules, ruleTable, ruleChains, ruleAction, ...rest }: MikrotikValues): readonly Problem[] {
  const problems: Problem[] = [];
  const changed = [
    ['MIKROTIK_RULE_TABLE', ruleTable !== 'raw'],
    ['MIKROTIK_RULE_CHAINS', ruleChains.length > 0],
    ['MIKROTIK_RULE_ACTION', ruleAction !== 'drop'],
    ['MIKROTIK_RULE_LOG_PREFIX', rest.ruleLogPrefix !== undefined],
    ['MIKROTIK_RULE_OUTGOING', rest.ruleOutgoing],
    ['MIKROTIK_RULE_AFTER', rest.ruleAfter !== undefined],
  ] as const;
  if (!manageRules) {
    for (const [variable, isSet] of changed) {
      if (isSet) problems.push({ variable, problem: 'needs MIKROTIK_MANAGE_RULES=true' });
    }
  }
  if (ruleAction === 'reject' && ruleTable === 'raw') {
    problems.push({ variable: 'MIKROTIK_RULE_ACTION', problem: 'reject needs MIKROTIK_RULE_TABLE=filter' });
  }
  const usual: readonly string[] = CHAINS[ruleTable];
  const foreign = ruleTable === 'raw' ? CHAINS.filter : CHAINS.raw;
  const wrong = ruleChains.find((chain) => (foreign as readonly string[]).includes(chain));
  if (wrong !== undefined) {
    const accepted = `of ${ruleTable}: ${usual.join(', ')}, or a chain of your own`;
    problems.push({ variable: 'MIKROTIK_RULE_CHAINS', problem: `${wrong} is no chain of ${ruleTable}`, accepted });
  }
  return problems;
}
