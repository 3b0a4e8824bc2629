import type { Version } from './version.ts';

/**
 * Every option of github.com/maxlerebourg/crowdsec-bouncer-traefik-plugin, as of v1.7.1, with the version that brought it
 * where that is later than v1.4.2. Source: its configuration.go at each tag.
 */

/** What a value must be; the plugin decodes loosely, so a number may come as text and a list as text with commas. */
export type OptionKind = 'boolean' | 'integer' | 'text' | 'list';

export interface PluginOption {
  readonly name: string;
  readonly kind: OptionKind;
  readonly since?: Version;
  /** Never to be shown. */
  readonly secret?: true;
  /** A PEM text; a path in its place is the most common slip. */
  readonly pem?: true;
  /** Smallest and greatest integer. */
  readonly min?: number;
  readonly max?: number;
  /** The words that are taken. */
  readonly words?: readonly string[];
  /** The option that took its place. */
  readonly insteadUse?: { readonly name: string; readonly since: Version };
}

/** The first version that is known here, and the last. */
export const oldestPlugin: Version = [1, 4, 2];
export const newestPlugin: Version = [1, 7, 1];

const v143: Version = [1, 4, 3];
const v144: Version = [1, 4, 4];
const v145: Version = [1, 4, 5];
const v147: Version = [1, 4, 7];
const v150: Version = [1, 5, 0];
const v160: Version = [1, 6, 0];
const v170: Version = [1, 7, 0];

const boolean = (name: string, since?: Version): PluginOption => ({ name, kind: 'boolean', ...(since && { since }) });
const text = (name: string, since?: Version): PluginOption => ({ name, kind: 'text', ...(since && { since }) });
const integer = (name: string, min: number, max?: number, since?: Version): PluginOption => ({
  name,
  kind: 'integer',
  min,
  ...(max !== undefined && { max }),
  ...(since && { since }),
});
const list = (name: string, since?: Version): PluginOption => ({ name, kind: 'list', ...(since && { since }) });
const word = (name: string, words: readonly string[], since?: Version): PluginOption => ({
  ...text(name, since),
  words,
});
/** An option and its twin that names a file instead. */
const withFile = (option: PluginOption, fileSince = option.since): readonly PluginOption[] => [
  option,
  text(`${option.name}File`, fileSince),
];
const secret = (name: string, since?: Version): PluginOption => ({ ...text(name, since), secret: true });
const pem = (name: string, since?: Version): PluginOption => ({ ...text(name, since), pem: true });
const secretPem = (name: string, since?: Version): PluginOption => ({ ...pem(name, since), secret: true });

export const pluginOptions: readonly PluginOption[] = [
  boolean('enabled'),
  word('logLevel', ['DEBUG', 'INFO', 'WARN', 'ERROR']),
  word('logFormat', ['common', 'json'], v160),
  text('logFilePath'),
  word('crowdsecMode', ['none', 'live', 'stream', 'alone', 'appsec']),
  boolean('crowdsecAppsecEnabled'),
  word('crowdsecAppsecScheme', ['http', 'https', ''], v147),
  text('crowdsecAppsecHost'),
  text('crowdsecAppsecPath'),
  ...withFile(secret('crowdsecAppsecKey', v147)),
  boolean('crowdsecAppsecTlsInsecureVerify', v147),
  ...withFile(pem('crowdsecAppsecTlsCertificateAuthority', v147)),
  ...withFile(pem('crowdsecAppsecTlsCertificateBouncer', v147)),
  ...withFile(secretPem('crowdsecAppsecTlsCertificateBouncerKey', v147), v150),
  boolean('crowdsecAppsecFailureBlock'),
  boolean('crowdsecAppsecUnreachableBlock'),
  boolean('crowdsecAppsecUnreadableBodyBlock', v170),
  integer('crowdsecAppsecBodyLimit', 0),
  word('crowdsecLapiScheme', ['http', 'https']),
  text('crowdsecLapiHost'),
  text('crowdsecLapiPath'),
  ...withFile(secret('crowdsecLapiKey')),
  boolean('crowdsecLapiTlsInsecureVerify'),
  ...withFile(pem('crowdsecLapiTlsCertificateAuthority')),
  ...withFile(pem('crowdsecLapiTlsCertificateBouncer')),
  ...withFile(secretPem('crowdsecLapiTlsCertificateBouncerKey')),
  ...withFile(text('crowdsecCapiMachineId')),
  ...withFile(secret('crowdsecCapiPassword')),
  list('crowdsecCapiScenarios'),
  integer('updateIntervalSeconds', 1),
  integer('metricsUpdateIntervalSeconds', 0, undefined, v144),
  integer('updateMaxFailure', -1),
  boolean('streamStartupBlock', v170),
  integer('defaultDecisionSeconds', 1),
  integer('remediationStatusCode', 100, 599, v143),
  integer('httpTimeoutSeconds', 1),
  text('traceHeadersCustomName', v147),
  text('remediationHeadersCustomName'),
  text('forwardedHeadersCustomName'),
  list('forwardedHeadersTrustedIps'),
  list('clientTrustedIps'),
  boolean('redisCacheEnabled'),
  text('redisCacheHost'),
  list('redisCacheReadHosts', v170),
  ...withFile(secret('redisCachePassword')),
  text('redisCacheDatabase'),
  boolean('redisCacheUnreachableBlock'),
  text('banFilePath', v170),
  { ...text('banHtmlFilePath'), insteadUse: { name: 'banFilePath', since: v170 } },
  word('captchaProvider', ['hcaptcha', 'recaptcha', 'turnstile', 'custom', '']),
  text('captchaFilePath', v170),
  { ...text('captchaHtmlFilePath'), insteadUse: { name: 'captchaFilePath', since: v170 } },
  text('captchaCustomJsUrl', v145),
  text('captchaCustomValidateUrl', v145),
  text('captchaCustomKey', v145),
  text('captchaCustomResponse', v145),
  ...withFile(text('captchaSiteKey')),
  ...withFile(secret('captchaSecretKey')),
  integer('captchaGracePeriodSeconds', 1),
];

const byName = new Map(pluginOptions.map((option) => [option.name.toLowerCase(), option]));

/** The option of a name in any spelling of capitals: Go compares field names that way. */
export function pluginOption(name: string): PluginOption | undefined {
  return byName.get(name.toLowerCase());
}
