import { settingsWhere } from '@bouncer/cli';
import { coreSettings, type Kind, type Setting } from '@bouncer/target';
import type { KindName } from '../../kinds.ts';

/** What a platform asks its user for. */
export interface Field {
  /** The variable. */
  readonly env: string;
  /** In a few words: `Host`, `Bouncer api key`. */
  readonly label: string;
  readonly help: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** Empty for none. */
  readonly standard: string;
  /** The words that are accepted, where there are few. */
  readonly choices: readonly string[];
}

/** A connector as a platform's manifest describes it. */
export interface Form {
  readonly kind: string;
  /** Of image and container: `crowdsec-mikrotik-bouncer`. */
  readonly name: string;
  /** `CrowdSec bouncer for MikroTik`. */
  readonly title: string;
  readonly description: string;
  /** With registry and tag. */
  readonly image: string;
  /** Address of the source. */
  readonly source: string;
  readonly version: string;
  readonly fields: readonly Field[];
  /** Variables that nobody has to know. */
  readonly preset: Readonly<Record<string, string>>;
  /** In the network of the host, whose firewall it is. */
  readonly isOfHost: boolean;
  readonly capabilities: readonly string[];
  /** A folder that a proxy reads is mounted at /output. */
  readonly hasOutput: boolean;
  /** Ports beside that of the page, which proxies ask. */
  readonly ports: readonly number[];
}

/** Where images and source of a release are. */
export interface Origin {
  /** `ghcr.io/OWNER`. */
  readonly registry: string;
  readonly source: string;
  /** Of the images, and of add-ons. */
  readonly version: string;
}

interface Wants {
  /** Variables that are asked for beside those that are required. */
  readonly asks?: readonly string[];
  /** Of those, the ones without which this way of running it does nothing. */
  readonly needs?: readonly string[];
  readonly preset?: Readonly<Record<string, string>>;
  readonly isOfHost?: boolean;
  readonly capabilities?: readonly string[];
  readonly hasOutput?: boolean;
  readonly ports?: readonly number[];
}

/** A kind without a line here is asked for what it requires. */
const wants: Readonly<Partial<Record<KindName, Wants>>> = {
  firewall: {
    asks: ['FIREWALL_MODE', 'FIREWALL_HOOKS', 'FIREWALL_DENY_ACTION'],
    preset: { HTTP_LISTEN: '127.0.0.1:9460' },
    isOfHost: true,
    capabilities: ['NET_ADMIN'],
  },
  haproxy: { asks: ['HAPROXY_ACL'] },
  mikrotik: { asks: ['MIKROTIK_BLACKLIST', 'MIKROTIK_TLS', 'MIKROTIK_TLS_FINGERPRINT', 'MIKROTIK_MANAGE_RULES'] },
  nginx: { asks: ['NGINX_MODE', 'NGINX_CONFIG_DIR'], needs: ['NGINX_CONFIG_DIR'], hasOutput: true },
  pfsense: {
    asks: ['PFSENSE_HOST', 'PFSENSE_USER', 'PFSENSE_PASSWORD', 'PFSENSE_HOST_KEY', 'PFSENSE_ALIAS'],
    needs: ['PFSENSE_HOST', 'PFSENSE_PASSWORD', 'PFSENSE_HOST_KEY'],
  },
  traefik: { asks: ['TRAEFIK_MODE', 'TRAEFIK_TRUSTED_PROXIES'], hasOutput: true, ports: [9461] },
};

/** Of every connector. */
const asksAlways = ['CROWDSEC_API_URL', 'CROWDSEC_BOUNCER_API_KEY', 'ALLOWLIST', 'HTTP_TOKEN'];
const needsAlways = ['CROWDSEC_BOUNCER_API_KEY'];

/** The form of a kind. Throws when it is to ask for a variable that the kind does not have. */
export function formOf(kind: Kind, { registry, source, version }: Origin): Form {
  const known = [...Object.values(coreSettings), ...Object.values(kind.settings)] as readonly Setting[];
  const own: Wants = (wants as Readonly<Partial<Record<string, Wants>>>)[kind.name] ?? {};
  const required = Object.values(settingsWhere(kind.settings, false)).filter((each) => each.required === true);
  const names = [...asksAlways.slice(0, 2), ...required.map(({ env }) => env), ...(own.asks ?? [])];
  const asked = new Set([...names, ...asksAlways]);
  const needed = [...needsAlways, ...(own.needs ?? [])];
  const fields = [...asked]
    .filter((env) => own.isOfHost !== true || env !== 'HTTP_TOKEN')
    .map((env) => {
      const setting = known.find((each) => each.env === env);
      if (setting === undefined) throw new Error(`${kind.name} has no setting ${env}`);
      return fieldOf(setting, needed.includes(env));
    });
  const name = `crowdsec-${kind.name}-bouncer`;
  return {
    kind: kind.name,
    name,
    title: `CrowdSec bouncer for ${kind.title}`,
    description: `Follows the decisions of CrowdSec's local API and keeps them applied: what is banned is blocked within seconds, and each block ends when its decision does.`,
    image: `${registry}/${name}:${version}`,
    source,
    version,
    fields,
    preset: own.preset ?? {},
    isOfHost: own.isOfHost === true,
    capabilities: own.capabilities ?? [],
    hasOutput: own.hasOutput === true,
    ports: own.ports ?? [],
  };
}

function fieldOf(setting: Setting, isNeeded: boolean): Field {
  const { env, help, default: standard } = setting;
  const { type, enum: words } = setting.kind.schema as { readonly type?: unknown; readonly enum?: readonly string[] };
  return {
    env,
    label: labelOf(env),
    help,
    isRequired: setting.required === true || isNeeded,
    isSecret: setting.secret,
    standard: standard === undefined ? '' : String(standard),
    choices: type === 'boolean' ? ['true', 'false'] : (words ?? []),
  };
}

/** `MIKROTIK_TLS_FINGERPRINT` is `TLS fingerprint`. */
function labelOf(env: string): string {
  const [first = '', ...rest] = env.split('_');
  const words = first === 'HTTP' || rest.length === 0 ? [first, ...rest] : rest;
  const text = words.map((word) => (abbreviations.includes(word) ? word : word.toLowerCase())).join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const abbreviations = ['ACL', 'API', 'HTTP', 'TLS', 'URL'];
