import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { listOf } from './setting-type.ts';
import type { SettingType } from './setting-type.ts';
import { notifyProblems, notifySettings } from './notify-settings.ts';
import { apiKeyType, textType } from './plain-types.ts';
import type { Problem } from './problem.ts';
import { setting } from './setting.ts';
import type { Settings, ValuesOf } from './setting.ts';

/** Origins as LAPI compares them: case counts there, and `capi` would silently match nothing. Source: crowdsec pkg/types/constants.go. */
const origins = ['crowdsec', 'cscli', 'cscli-import', 'console', 'lists', 'CAPI', 'remediation_sync'];

const originType: SettingType<string> = {
  ...textType(),
  parse(text) {
    const known = origins.find((origin) => origin.toLowerCase() === text.toLowerCase());
    return known === undefined ? textType().parse(text) : { value: known };
  },
};

/** zerolog's numbers, which the Go peers take. */
const levels = { '0': 'debug', '1': 'info', '2': 'warn', '3': 'error', '4': 'error', '5': 'error' } as const;
const levelWords = { trace: 'debug', warning: 'warn', fatal: 'error', panic: 'error' } as const;

function withType<T>(kind: SettingType<string>, secret: T): T {
  return { ...secret, kind };
}

/**
 * What every connector can be told. The order is that of the README table; the names of what leads to LAPI begin with
 * `lapi`, so that a connector may have a `caFile` of its own.
 */
export const coreSettings = {
  lapiUrl: setting.urlOrSocket({
    env: 'CROWDSEC_API_URL',
    aliases: ['CROWDSEC_URL', 'CROWDSEC_LAPI_URL', 'API_URL'],
    required: true,
    example: 'https://crowdsec.protected.lan/lapi',
    help: "base URL of LAPI, with or without a path prefix, with or without a trailing slash; or LAPI's unix socket, `unix:///run/crowdsec_lapi.sock` or the bare absolute path (the key is needed there, too)",
  }),
  lapiProxy: setting.proxy({
    env: 'CROWDSEC_PROXY',
    help: 'http proxy for LAPI, such as http://proxy.lan:3128 (`USER:PASSWORD@` before the host where it asks for it); HTTP_PROXY and its like are not followed',
  }),
  lapiKey: withType(
    apiKeyType,
    setting.secret({
      env: 'CROWDSEC_BOUNCER_API_KEY',
      aliases: ['CROWDSEC_API_KEY', 'API_KEY'],
      required: 'unless a client certificate is given',
      help: 'key from `cscli bouncers add`, one for each connector',
    }),
  ),
  lapiClientCertFile: setting.file({
    env: 'CROWDSEC_CLIENT_CERT_FILE',
    content: 'certificate',
    help: 'client certificate (PEM), instead of a key',
  }),
  lapiClientKeyFile: setting.file({
    env: 'CROWDSEC_CLIENT_KEY_FILE',
    content: 'private key',
    help: 'private key (PEM) of the client certificate',
  }),
  lapiCaFile: setting.file({
    env: 'CROWDSEC_CA_FILE',
    content: 'certificate',
    help: "CA (PEM) to trust for LAPI, beside the system's store",
  }),
  lapiInsecureSkipVerify: setting.boolean({
    env: 'CROWDSEC_INSECURE_SKIP_VERIFY',
    default: false,
    help: 'do not verify the certificate of LAPI; warns at every start',
  }),
  updateFrequency: setting.duration({
    env: 'CROWDSEC_UPDATE_FREQUENCY',
    aliases: ['UPDATE_FREQUENCY', 'TICKER_INTERVAL'],
    default: '10s',
    min: 0.1,
    max: 86_400,
    help: 'how often LAPI is asked, jittered by 10 %',
  }),
  resyncInterval: setting.duration({
    env: 'CROWDSEC_RESYNC_INTERVAL',
    default: '15m',
    min: 1,
    max: 604_800,
    help: "how often everything is pulled and compared with the device's real content",
  }),
  origins: setting.of(listOf(originType, `origins by comma or blank, such as ${origins.join(', ')}`), {
    env: 'CROWDSEC_ORIGINS',
    default: '',
    defaultNote: 'all',
    help: 'only decisions of these origins',
  }),
  scenariosContaining: setting.list({
    env: 'CROWDSEC_SCENARIOS_CONTAINING',
    defaultNote: 'all',
    help: 'only decisions whose scenario contains one of these words',
  }),
  scenariosNotContaining: setting.list({
    env: 'CROWDSEC_SCENARIOS_NOT_CONTAINING',
    defaultNote: 'none',
    help: 'no decisions whose scenario contains one of these words',
  }),
  decisionTypes: setting.list({
    env: 'CROWDSEC_DECISION_TYPES',
    default: 'ban',
    help: 'decision types that are enforced as a block',
  }),
  allowlist: setting.networks({
    env: 'ALLOWLIST',
    help: 'addresses and networks that are never blocked, on top of the built-in ones',
  }),
  blockPrivateNetworks: setting.boolean({
    env: 'BLOCK_PRIVATE_NETWORKS',
    default: false,
    help: 'true lifts the built-in protection of RFC 1918, CGNAT, ULA and link-local space',
  }),
  maxEntries: setting.integer({
    env: 'MAX_ENTRIES',
    min: 1,
    defaultNote: 'no limit',
    help: 'most entries on the device; kept first: local decisions, then console and lists, then CAPI, and the longest left',
  }),
  maxRemovalPercent: setting.percent({
    env: 'MAX_REMOVAL_PERCENT',
    default: 50,
    help: 'a full pull that would remove more than this share (of 100 entries or more) removes nothing until LAPI has agreed for MAX_REMOVAL_HOLD, by both of its endpoints; `sync --accept-removals` carries it out at once',
  }),
  removalHold: setting.duration({
    env: 'MAX_REMOVAL_HOLD',
    default: '10m',
    min: 1,
    max: 604_800,
    help: 'how long such a removal has to stay agreed before it is carried out',
  }),
  dryRun: setting.boolean({ env: 'DRY_RUN', default: false, help: 'plan and log, never write' }),
  logLevel: setting.choice(
    ['debug', 'info', 'warn', 'error'],
    {
      env: 'LOG_LEVEL',
      default: 'info',
      help: 'debug, info, warn, error; the numbers 0 to 5 of the Go bouncers are taken, too',
    },
    { ...levels, ...levelWords },
  ),
  logFormat: setting.choice(['json', 'pretty'], {
    env: 'LOG_FORMAT',
    defaultNote: 'json (pretty on a terminal)',
    help: 'json or pretty',
  }),
  httpListen: setting.listen({
    env: 'HTTP_LISTEN',
    default: '127.0.0.1:9460',
    defaultNote: '127.0.0.1:9460 (image: 0.0.0.0:9460)',
    canBeOff: true,
    help: 'health, metrics and status page; `off` disables them',
  }),
  httpToken: setting.secret({
    env: 'HTTP_TOKEN',
    help: 'who wants to see the status page or /metrics must have it (sign-in form, or `Authorization: Bearer`); the probes stay open',
  }),
  ...notifySettings,
} satisfies Settings;

export type CoreValues = ValuesOf<typeof coreSettings>;

/** The core settings of a connector whose device has a most of its own. */
export function coreSettingsFor(maxEntries: number | undefined): typeof coreSettings {
  if (maxEntries === undefined) return coreSettings;
  return {
    ...coreSettings,
    maxEntries: { ...coreSettings.maxEntries, default: maxEntries, defaultNote: String(maxEntries) },
  };
}

/** What no single setting can tell: how they fit together. */
export function validateCore(values: CoreValues): readonly Problem[] {
  return [...lapiProblems(values), ...notifyProblems(values)];
}

function lapiProblems(values: CoreValues): readonly Problem[] {
  if (values.lapiProxy !== undefined && values.lapiUrl.startsWith('unix:')) {
    const accepted = 'no CROWDSEC_PROXY, or an http or https address in CROWDSEC_API_URL';
    return [{ variable: 'CROWDSEC_PROXY', problem: 'does not lead to the unix socket in CROWDSEC_API_URL', accepted }];
  }
  const { lapiKey, lapiClientCertFile: certFile, lapiClientKeyFile: keyFile } = values;
  if (certFile !== undefined && keyFile === undefined) {
    return [{ variable: 'CROWDSEC_CLIENT_KEY_FILE', problem: 'is missing, while CROWDSEC_CLIENT_CERT_FILE is given' }];
  }
  if (keyFile !== undefined && certFile === undefined) {
    return [{ variable: 'CROWDSEC_CLIENT_CERT_FILE', problem: 'is missing, while CROWDSEC_CLIENT_KEY_FILE is given' }];
  }
  if (certFile !== undefined && keyFile !== undefined) return pairProblems(certFile, keyFile);
  if (lapiKey !== undefined) return [];
  return [
    {
      variable: 'CROWDSEC_BOUNCER_API_KEY',
      problem: 'is missing',
      accepted: 'the key from `cscli bouncers add` (or CROWDSEC_CLIENT_CERT_FILE with CROWDSEC_CLIENT_KEY_FILE)',
    },
  ];
}

/**
 * For a kind whose own program asks LAPI itself, and knows neither sockets nor proxies. `who` is that program with its
 * mode, `instead` a mode of ours that can.
 */
export function directLapiProblems(values: CoreValues, who: string, instead: string): readonly Problem[] {
  const accepted = `an http or https address without CROWDSEC_PROXY, or ${instead}`;
  if (values.lapiUrl.startsWith('unix:')) {
    return [{ variable: 'CROWDSEC_API_URL', problem: `is a unix socket, and ${who} cannot ask one`, accepted }];
  }
  if (values.lapiProxy === undefined) return [];
  return [{ variable: 'CROWDSEC_PROXY', problem: `is not used by ${who}, which asks LAPI itself`, accepted }];
}

function pairProblems(certPath: string, keyPath: string): readonly Problem[] {
  try {
    const key = createPrivateKey(readFileSync(keyPath));
    if (new X509Certificate(readFileSync(certPath)).checkPrivateKey(key)) return [];
    return [{ variable: 'CROWDSEC_CLIENT_KEY_FILE', problem: 'is not the key of CROWDSEC_CLIENT_CERT_FILE' }];
  } catch {
    return [
      {
        variable: 'CROWDSEC_CLIENT_KEY_FILE',
        problem: 'and CROWDSEC_CLIENT_CERT_FILE cannot be used: damaged, or the key asks for a passphrase',
      },
    ];
  }
}
