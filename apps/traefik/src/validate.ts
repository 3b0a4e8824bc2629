import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appsecProblems, directLapiProblems, type Problem } from '@bouncer/target';
import { captchaProblems } from '@bouncer/target/captcha';
import { unprintable } from './config.ts';
import type { TraefikValues } from './config.ts';
import { nativeLimit } from './native/limit.ts';
import { effectiveOptions } from './plugin/plugin-options.ts';
import { writtenOptions } from './plugin/moved-secrets.ts';
import { lineFindings, templateFindings } from './plugin/template-rules.ts';
import { validateOptions } from './options/validate.ts';
import { halfTrusted } from './options/wide-trust.ts';

/** How the settings fit together, and with those who are told of them. */
export function validateTraefik(values: TraefikValues): readonly Problem[] {
  const trust = trustProblems(values);
  return [...unprintable(values), ...tcpElsewhere(values), ...(trust.length > 0 ? trust : problemsOfMode(values))];
}

function problemsOfMode(values: TraefikValues): readonly Problem[] {
  switch (values.mode) {
    case 'plugin':
      return pluginProblems(values);
    case 'forwardauth':
      return [
        ...pluginOptionsElsewhere(values),
        ...forwardAuthProblems(values),
        ...captchaProblems(values),
        ...appsecProblems(values),
      ];
    case 'native':
      return [...pluginOptionsElsewhere(values), ...nativeProblems(values)];
  }
}

function pluginProblems(values: TraefikValues): readonly Problem[] {
  const direct = directLapiProblems(values, "Traefik's plugin (TRAEFIK_MODE=plugin)", 'TRAEFIK_MODE=forwardauth');
  if (direct.length > 0) return direct;
  if (values.localPlugin && values.format === 'kubernetes') {
    const problem = 'is not for Kubernetes: the chart of Traefik has experimental.localPlugins, with a volume of yours';
    return [{ variable: 'TRAEFIK_LOCAL_PLUGIN', problem, accepted: 'yaml, toml, labels, kv as TRAEFIK_FORMAT' }];
  }
  const options = effectiveOptions(values);
  const findings = [
    ...validateOptions(options, values.pluginVersion),
    ...templateFindings(options, values.format),
    ...lineFindings(writtenOptions(values), values.format),
  ];
  const problems: Problem[] = findings
    .filter(({ level }) => level !== 'advice')
    .map(({ seen, fix }) => ({ variable: 'TRAEFIK_PLUGIN', problem: `${seen}; ${fix}` }));
  return problems;
}

function pluginOptionsElsewhere({ plugin, mode }: TraefikValues): readonly Problem[] {
  if (Object.keys(plugin).length === 0) return [];
  return [{ variable: 'TRAEFIK_PLUGIN', problem: `is for the plugin, and TRAEFIK_MODE is ${mode}` }];
}

function tcpElsewhere({ tcpEntryPoints, mode }: TraefikValues): readonly Problem[] {
  if (tcpEntryPoints.length === 0 || mode === 'native') return [];
  const problem = `is for TRAEFIK_MODE=native, and it is ${mode}: neither the plugin nor forward-auth is asked about TCP`;
  return [{ variable: 'TRAEFIK_TCP_ENTRY_POINTS', problem }];
}

function forwardAuthProblems(values: TraefikValues): readonly Problem[] {
  const { listen, trustedProxies } = values;
  const problems: Problem[] = [...tlsProblems(values)];
  if (listen === 'off') {
    problems.push({ variable: 'TRAEFIK_LISTEN', problem: 'is off, and forwardauth has to answer somewhere' });
  }
  if (trustedProxies.length === 0) {
    const problem =
      'is missing: without it forwardauth trusts no proxy, and no client behind one is blocked (Docker: `docker network inspect NETWORK` shows the Subnet of the proxy)';
    problems.push({ variable: 'TRAEFIK_TRUSTED_PROXIES', problem, accepted: trustAccepted });
  }
  return problems;
}

function tlsProblems({ listen, listenTls, tlsCertFile, tlsKeyFile }: TraefikValues): readonly Problem[] {
  if (listenTls === 'off') return [];
  if (listenTls === listen)
    return [{ variable: 'TRAEFIK_LISTEN_TLS', problem: 'is TRAEFIK_LISTEN: each needs its own port' }];
  if (tlsCertFile !== undefined && tlsKeyFile === undefined) {
    return [{ variable: 'TRAEFIK_TLS_KEY_FILE', problem: 'is missing, while TRAEFIK_TLS_CERT_FILE is given' }];
  }
  if (tlsKeyFile !== undefined && tlsCertFile === undefined) {
    return [{ variable: 'TRAEFIK_TLS_CERT_FILE', problem: 'is missing, while TRAEFIK_TLS_KEY_FILE is given' }];
  }
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return [];
  try {
    const key = createPrivateKey(readFileSync(tlsKeyFile));
    if (new X509Certificate(readFileSync(tlsCertFile)).checkPrivateKey(key)) return [];
    return [{ variable: 'TRAEFIK_TLS_KEY_FILE', problem: 'is not the key of TRAEFIK_TLS_CERT_FILE' }];
  } catch {
    return [
      {
        variable: 'TRAEFIK_TLS_KEY_FILE',
        problem: 'and TRAEFIK_TLS_CERT_FILE cannot be used: damaged, or the key asks for a passphrase',
      },
    ];
  }
}

const trustAccepted = 'the addresses or networks from which the proxies ask, such as 172.18.0.0/16';

/** Whoever trusts everybody lets every client name its own address. */
function trustProblems({ trustedProxies }: TraefikValues): readonly Problem[] {
  const space = halfTrusted(trustedProxies);
  if (space === undefined) return [];
  const problem = `trusts half of ${space} or more: every client could name an address that is not banned`;
  return [{ variable: 'TRAEFIK_TRUSTED_PROXIES', problem, accepted: trustAccepted }];
}

function nativeProblems(values: TraefikValues): readonly Problem[] {
  const { format, maxEntries } = values;
  const limit = nativeLimit(values);
  const problems: Problem[] = [];
  if (values.tcpEntryPoints.length > 0 && values.entryPoints.length === 0 && values.trustedProxies.length === 0) {
    const problem =
      'is missing beside TRAEFIK_TCP_ENTRY_POINTS: the rule for HTTPS would count there as well, and take the connections with TLS';
    problems.push({
      variable: 'TRAEFIK_ENTRY_POINTS',
      problem,
      accepted: 'entry points of HTTP, such as web,websecure',
    });
  }
  if (format !== 'yaml' && format !== 'toml') {
    const problem = `${format} does not change while Traefik runs; native mode needs files or the HTTP provider`;
    problems.push({ variable: 'TRAEFIK_FORMAT', problem, accepted: 'yaml, toml' });
  }
  if (maxEntries !== undefined && maxEntries > limit) {
    const problem = `${maxEntries} is too much for native rules: Traefik goes through all of them for every request; use TRAEFIK_MODE=forwardauth for long lists`;
    problems.push({ variable: 'MAX_ENTRIES', problem, accepted: `1 to ${limit}` });
  }
  return problems;
}
