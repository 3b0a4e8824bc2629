import { privateNetworks } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';
import type { Tree, TreeMap } from '../emit/tree.ts';
import { isAtLeast } from '../options/version.ts';
import type { OptionMap, OptionValue } from '../options/finding.ts';
import { pluginOption } from '../options/option-table.ts';
import { configDirOf } from './seen-from-traefik.ts';
import { decodeBoolean, decodeInteger, decodeList } from '../options/typed-options.ts';

/** The files beside the configuration that the plugin reads; by what their names end in after the middleware's. */
export const sideFiles = {
  key: '-lapi.key',
  ca: '-ca.pem',
  clientCert: '-client.pem',
  clientKey: '-client.key',
} as const;

/** What a Kubernetes Secret calls them. */
export const secretKeys = { key: 'lapi-key', ca: 'ca.crt', clientCert: 'tls.crt', clientKey: 'tls.key' } as const;

/** The name of the Secret of a middleware. */
export function secretName({ middleware }: TraefikValues): string {
  return `${middleware.toLowerCase().replaceAll('_', '-')}-bouncer`;
}

/** All options of the middleware, ours first; what the user gives under `plugin:` counts more. */
export function effectiveOptions(values: TraefikValues): OptionMap {
  const given = canonical(values.plugin);
  const ours = { ...lapiOptions(values), ...behaviourOptions(values, given) };
  const kept = Object.entries(ours).filter(([name]) => !(name in given) && !(twinOf(name) in given));
  return { ...Object.fromEntries(kept), ...given };
}

/** The same as a tree: switches and numbers as such, everything else as text. Options of no value are left out. */
export function optionTree(options: OptionMap): TreeMap {
  const tree: Record<string, Tree> = {};
  for (const [name, value] of Object.entries(options)) {
    const kind = pluginOption(name)?.kind;
    if (kind === 'boolean') tree[name] = decodeBoolean(value) ?? false;
    else if (kind === 'integer') tree[name] = decodeInteger(value) ?? 0;
    else if (kind !== 'list') tree[name] = typeof value === 'string' ? value : [...value];
    else if (decodeList(value).length > 0) tree[name] = [...decodeList(value)];
  }
  return tree;
}

function lapiOptions(values: TraefikValues): OptionMap {
  const url = new URL(values.lapiUrl);
  return {
    enabled: 'true',
    crowdsecMode: 'stream',
    crowdsecLapiScheme: url.protocol.slice(0, -1),
    crowdsecLapiHost: url.host,
    crowdsecLapiPath: `${url.pathname.replace(/\/+$/, '')}/`,
    ...sideOption(
      values,
      'crowdsecLapiKey',
      'key',
      values.lapiKey !== undefined && values.lapiClientCertFile === undefined,
    ),
    ...(url.protocol === 'https:' ? tlsOptions(values) : {}),
  };
}

function tlsOptions(values: TraefikValues): OptionMap {
  const hasClient = values.lapiClientCertFile !== undefined;
  return {
    crowdsecLapiTlsInsecureVerify: String(values.lapiInsecureSkipVerify),
    ...sideOption(values, 'crowdsecLapiTlsCertificateAuthority', 'ca', !values.lapiInsecureSkipVerify),
    ...sideOption(values, 'crowdsecLapiTlsCertificateBouncer', 'clientCert', hasClient),
    ...sideOption(values, 'crowdsecLapiTlsCertificateBouncerKey', 'clientKey', hasClient),
  };
}

/** By file, which Traefik reads; in Kubernetes by a Secret, which Traefik's CRD provider reads. */
function sideOption(values: TraefikValues, name: string, what: keyof typeof sideFiles, isWanted: boolean): OptionMap {
  if (!isWanted) return {};
  if (values.format === 'kubernetes') return { [name]: `urn:k8s:secret:${secretName(values)}:${secretKeys[what]}` };
  if (what === 'key' && values.keyFile !== undefined) return { [`${name}File`]: values.keyFile };
  return { [`${name}File`]: `${configDirOf(values)}/${values.middleware}${sideFiles[what]}` };
}

function behaviourOptions(values: TraefikValues, given: OptionMap): OptionMap {
  const { updateFrequency, trustedProxies, allowlist, blockPrivateNetworks, pluginVersion, untilFirstPull } = values;
  // AppSec looks at requests of the LAN, too, and who is trusted passes it.
  const bypass = blockPrivateNetworks || decodeBoolean(given['crowdsecAppsecEnabled'] ?? '') === true;
  // What never comes from the internet; LAN clients are not blocked unless BLOCK_PRIVATE_NETWORKS says so.
  const trusted = [...(bypass ? [] : privateNetworks), ...allowlist];
  return {
    updateIntervalSeconds: String(Math.max(1, Math.ceil(updateFrequency))),
    updateMaxFailure: '-1',
    ...(isAtLeast(pluginVersion, [1, 7, 0]) ? { streamStartupBlock: String(untilFirstPull === 'closed') } : {}),
    ...(trustedProxies.length > 0 ? { forwardedHeadersTrustedIps: trustedProxies } : {}),
    ...(trusted.length > 0 ? { clientTrustedIps: trusted } : {}),
  };
}

function canonical(options: OptionMap): OptionMap {
  const pairs = Object.entries(options).map(([name, value]): [string, OptionValue] => [
    pluginOption(name)?.name ?? name,
    value,
  ]);
  return Object.fromEntries(pairs);
}

/** `crowdsecLapiKey` of `crowdsecLapiKeyFile`, and the other way round. */
function twinOf(name: string): string {
  return name.endsWith('File') ? name.slice(0, -'File'.length) : `${name}File`;
}
