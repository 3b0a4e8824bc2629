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
