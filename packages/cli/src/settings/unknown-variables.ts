import type { Environment } from './candidates.ts';
import { ownPrefixes, variablesOf } from './names.ts';
import { nearest, type Settings } from '@bouncer/target';

/**
 * Variables that carry one of our prefixes and are not ours: what Kubernetes and Docker make of a service or link named
 * `crowdsec`, and what the CrowdSec images take.
 */
const foreign: readonly RegExp[] = [
  /_SERVICE_(HOST|PORT(_\w+)?)$/,
  /_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/,
  /_\w+_ENV_\w+$/,
  // systemd's own, for `Type=notify`.
  /^NOTIFY_SOCKET$/,
  /^CROWDSEC_(FEATURE_\w+|VERSION|BYPASS_DB_VOLUME_CHECK|BUILD_VERSION|CONFIG|METRICS_PORT)$/,
];

/** Theirs as well, unless this connector can ask AppSec itself: then such a name may be one of ours, misspelt. */
const foreignAppsec = /^CROWDSEC_APPSEC_\w+$/;

/** One warning for each variable that looks like ours and is not known. */
export function unknownVariables(
  settings: Settings,
  connector: string,
  env: Environment,
  alsoForeign: readonly string[],
): readonly string[] {
  const prefixes = [...ownPrefixes(connector), 'NOTIFY_'];
  const known = new Set(Object.values(settings).flatMap(variablesOf));
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '' || !prefixes.some((prefix) => name.startsWith(prefix))) continue;
    if (known.has(name) || (name.endsWith('_FILE') && known.has(name.slice(0, -'_FILE'.length)))) continue;
    if (foreignAppsec.test(name) && !known.has('CROWDSEC_APPSEC_URL')) continue;
    if (alsoForeign.includes(name) || foreign.some((pattern) => pattern.test(name))) continue;
    // The link variable itself: CROWDSEC_PORT=tcp://10.0.0.7:8080.
    if (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value)) continue;
    const guess = nearest(name, known);
    warnings.push(`${name}: is not a setting and is ignored${guess === undefined ? '' : `; did you mean ${guess}?`}`);
  }
  return warnings;
}
