import { randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError, messageOf, systemCertificates } from '@bouncer/stream';
import { printHostPort, type Secret } from '@bouncer/target';
import type { Family } from './address-list.ts';
import type { MikrotikValues } from './config.ts';
import type { ManagedRules } from './firewall/wanted-rules.ts';
import { Lists } from './firewall/lists.ts';
import type { TrustSettings } from './routeros/trust.ts';

/** Everything that the connector knows about one router. */
export interface RouterSettings
  extends
    Pick<MikrotikValues, 'user' | 'list' | 'manageRules' | 'wanInterfaceList' | 'blockPrivateNetworks' | 'dryRun'>,
    Partial<Pick<MikrotikValues, 'maxEntries' | 'maxTtl' | 'listIpv6' | 'groupLists' | RuleSetting>> {
  readonly host: string;
  readonly port: number;
  readonly password: Pick<Secret, 'value' | 'refresh'>;
  /** What `setup` prints for a user who has none yet; the same for all routers of one process. */
  readonly newPassword: string;
  readonly families: readonly Family[];
  /** Absent: the plain API. */
  readonly tls?: TlsSettings | undefined;
}

type RuleSetting = 'ruleTable' | 'ruleChains' | 'ruleAction' | 'ruleLogPrefix' | 'ruleOutgoing' | 'ruleAfter';

/** The rules to keep, as the settings ask for them. */
export function managedRulesOf(settings: RouterSettings): ManagedRules {
  const { wanInterfaceList, ruleTable: table = 'raw', ruleChains = [] } = settings;
  const usual = table === 'raw' ? ['prerouting'] : ['input', 'forward'];
  return {
    lists: new Lists(settings),
    wanInterfaceList,
    table,
    chains: ruleChains.length > 0 ? [...new Set(ruleChains)] : usual,
    action: settings.ruleAction ?? 'drop',
    logPrefix: settings.ruleLogPrefix,
    outgoing: settings.ruleOutgoing ?? false,
    after: settings.ruleAfter,
  };
}

/** How the router's certificate is judged. */
export interface TlsSettings {
  /** Path of a PEM file. */
  readonly caFile?: string | undefined;
  /** 64 lower-case hex digits. */
  readonly fingerprint?: string | undefined;
  readonly insecure: boolean;
  readonly anonymous: boolean;
}

/** One set of settings for each router. */
export function routersOf(values: MikrotikValues): readonly RouterSettings[] {
  const { ipv4, ipv6, tls, caFile, fingerprint, insecure, anonymous } = values;
  const newPassword = randomBytes(20).toString('hex');
  return values.host.map(({ host, port = defaultPort(tls) }) => ({
    ...values,
    host,
    port,
    newPassword,
    families: [...(ipv4 ? [4 as const] : []), ...(ipv6 ? [6 as const] : [])],
    tls: tls ? { caFile, fingerprint, insecure, anonymous } : undefined,
  }));
}

/** Reads what is needed to judge the router's certificate; anew for each connection, so that a new CA file counts. */
export function readTrust(tls: TlsSettings | undefined): TrustSettings | undefined {
  if (!tls) return undefined;
  const { caFile, fingerprint, insecure, anonymous } = tls;
  const verified = fingerprint === undefined && !insecure && !anonymous;
  const own = caFile === undefined ? [] : [readCa(caFile)];
  return { ca: verified ? [...systemCertificates(), ...own] : [], fingerprint, insecure, anonymous };
}

function readCa(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    // Node passes over a damaged certificate without a word, and then trusts nothing.
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new ConfigError(`the CA in ${path} cannot be used: ${messageOf(error)}`, {
      hint: 'give MIKROTIK_CA_FILE a PEM file that can be read and holds the whole certificate',
      cause: error,
    });
  }
}

/** `mikrotik 192.168.88.1`, with the port when it is not the usual one. */
export function targetName({ host, port, tls }: Pick<RouterSettings, 'host' | 'port' | 'tls'>): string {
  return `mikrotik ${printHostPort(port === defaultPort(tls !== undefined) ? { host } : { host, port })}`;
}

/** Port of the API: 8729 with TLS, 8728 without. */
function defaultPort(tls: boolean): number {
  return tls ? 8729 : 8728;
}
