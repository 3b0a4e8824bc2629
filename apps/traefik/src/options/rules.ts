import { parseHostPort } from '@bouncer/target';
import { parseNetwork } from '@bouncer/stream';
import { isAtLeast, printVersion } from './version.ts';
import type { Version } from './version.ts';
import { halfTrusted } from './wide-trust.ts';
import { advice, refused, trap } from './finding.ts';
import type { Finding } from './finding.ts';
import { pairProblem } from './pem.ts';
import type { TypedOptions } from './typed-options.ts';
import { isReference } from './value-rules.ts';

/** Traefik takes these from clients that are not in its trustedIPs; any other header reaches the plugin as the client wrote it. */
const strippedHeader = /^x-(?:forwarded-\w+|real-ip)$/i;

/** How the options of one middleware fit together: the plugin's own checks first, then what it does not check. */
export function* checkTogether(options: TypedOptions, version: Version): Generator<Finding> {
  yield* checkLapiAddress(options);
  yield* checkLapiTrust(options, version);
  yield* checkKey(options, version);
  yield* checkTrustedIps(options);
  yield* checkHeaders(options);
  yield* checkCaptcha(options, version);
  yield* checkAppsec(options, version);
  yield* checkSwitches(options, version);
}

function* checkLapiAddress(options: TypedOptions): Generator<Finding> {
  for (const [host, absent] of [
    ['crowdsecLapiHost', 'crowdsec:8080'],
    ['crowdsecAppsecHost', 'crowdsec:7422'],
  ] as const) {
    const value = options.text(host, absent);
    if (isReference(value) || isUrlHost(value)) continue;
    const seen = value === '' ? `${host} is empty` : `${host} is no host with or without a port`;
    const fix = 'write host, host:port or [IPv6]:port; the scheme and the path have options of their own';
    yield refused('bad-host', seen, fix);
  }
  const path = options.text('crowdsecLapiPath', '/');
  if (!path.startsWith('/') || !path.endsWith('/')) {
    const wrong = `crowdsecLapiPath ${JSON.stringify(path)} has to begin and end with a slash: it is put before v1/decisions as it is, and every request of everybody is then answered with 403`;
    yield trap(
      'lapi-path',
      wrong,
      `write ${JSON.stringify(`/${path.replaceAll(/^\/+|\/+$/g, '')}/`.replace('//', '/'))}`,
    );
  }
  const appsecPath = options.text('crowdsecAppsecPath', '/');
  if (!appsecPath.endsWith('/')) {
    yield trap(
      'appsec-path',
      'crowdsecAppsecPath has to end with a slash',
      `write ${JSON.stringify(`${appsecPath}/`)}`,
    );
  }
}

/** As it may stand between :// and the path. Go takes a few more, to which no connection can be made. */
function isUrlHost(text: string): boolean {
  const isBare = text.includes(':') && !text.startsWith('[') && text.indexOf(':') !== text.lastIndexOf(':');
  return !isBare && !text.includes('%') && parseHostPort(text) !== undefined;
}

function* checkLapiTrust(options: TypedOptions, version: Version): Generator<Finding> {
  const certificate = options.isGiven('crowdsecLapiTlsCertificateBouncer');
  const key = options.isGiven('crowdsecLapiTlsCertificateBouncerKey');
  if (certificate !== key) {
    const seen = 'of crowdsecLapiTlsCertificateBouncer and crowdsecLapiTlsCertificateBouncerKey one is missing';
    yield refused('client-certificate', seen, 'give both, or none');
  }
  yield* checkPair(options, 'crowdsecLapi');
  yield* checkPair(options, 'crowdsecAppsec');
  if (options.text('crowdsecLapiScheme', 'http') !== 'https') return;
  if (options.isOn('crowdsecLapiTlsInsecureVerify')) {
    const seen = 'crowdsecLapiTlsInsecureVerify is true: a man in the middle can read the key and lift every ban';
    yield advice('insecure-tls', seen, 'set it to false and give crowdsecLapiTlsCertificateAuthorityFile');
    return;
  }
  if (options.isGiven('crowdsecLapiTlsCertificateAuthority')) return;
  const fix = 'give crowdsecLapiTlsCertificateAuthorityFile: the CA as Traefik sees it (inside its container)';
  if (!isAtLeast(version, [1, 7, 0])) {
    const seen = `https without a CA: ${printVersion(version)} refuses it (it takes the system's store since v1.7.0)`;
    yield refused('missing-ca', seen, fix);
  } else {
    yield advice(
      'missing-ca',
      "https without a CA: only the store of Traefik's own container counts, not the host's",
      fix,
    );
  }
}

/** Both as text: what lies in files on Traefik's side is not seen. */
function* checkPair(options: TypedOptions, prefix: string): Generator<Finding> {
  const certificate = options.text(`${prefix}TlsCertificateBouncer`);
  const key = options.text(`${prefix}TlsCertificateBouncerKey`);
  const isText = [certificate, key].every((text) => text !== '' && !isReference(text));
  const problem = isText ? pairProblem(certificate, key) : undefined;
  if (problem === undefined) return;
  yield refused(
    'client-certificate',
    `${prefix}TlsCertificateBouncer: ${problem}`,
    'give the two that belong together',
  );
}

/** What stands in examples and templates in place of a key. */
const PLACEHOLDER =
  /^(?:<.*>|\$\{?\w+\}?|\.{3,}|x{4,}|(?:your|change|replace|insert|paste|put|enter|fixme|todo|placeholder)[-_ ]?\w.*|.*[-_ ]here)$/i;

function* checkKey(options: TypedOptions, version: Version): Generator<Finding> {
  const key = options.text('crowdsecLapiKey').trim();
  if (PLACEHOLDER.test(key) && !isReference(key)) {
    const seen = 'crowdsecLapiKey is a placeholder, not a key: LAPI refuses it, and nobody is blocked';
    yield trap('placeholder-key', seen, 'put the key in that `cscli bouncers add traefik` prints');
  }
  const mode = options.text('crowdsecMode', 'live');
  const isNeeded = mode !== 'alone' && !(mode === 'appsec' && isAtLeast(version, [1, 5, 0]));
  if (isNeeded && !options.isGiven('crowdsecLapiKey') && !options.isGiven('crowdsecLapiTlsCertificateBouncer')) {
    yield refused(
      'missing-key',
      'no crowdsecLapiKey',
      'give crowdsecLapiKeyFile with the key from `cscli bouncers add`',
    );
  }
  if (mode === 'alone' && !(options.isGiven('crowdsecCapiMachineId') && options.isGiven('crowdsecCapiPassword'))) {
    const seen = 'mode alone without crowdsecCapiMachineId and crowdsecCapiPassword: nothing is ever pulled';
    yield trap('missing-capi', seen, 'give both, or use the mode stream with your own LAPI');
  }
}

function* checkTrustedIps(options: TypedOptions): Generator<Finding> {
  for (const name of ['forwardedHeadersTrustedIps', 'clientTrustedIps']) {
    for (const text of options.list(name)) {
      const network = parseNetwork(text);
      if (network === undefined) {
        yield refused(
          'bad-address',
          `${name}: ${JSON.stringify(text.slice(0, 60))} is no address or network`,
          'correct it',
        );
      }
    }
    const networks = options.list(name).flatMap((text) => parseNetwork(text) ?? []);
    const space = halfTrusted(networks);
    if (space === undefined) continue;
    const effect = name === 'clientTrustedIps' ? 'nobody is ever blocked' : 'every client names its own address';
    const seen = `${name} holds half of ${space} or more: ${effect}`;
    yield trap('trusts-everybody', seen, 'name the networks of your proxies only');
  }
}

function* checkHeaders(options: TypedOptions): Generator<Finding> {
  const header = options.text('forwardedHeadersCustomName', 'X-Forwarded-For');
  if (header === '' || strippedHeader.test(header)) return;
  const seen = `forwardedHeadersCustomName is ${header}, which Traefik hands on as any client wrote it: a client can name an address that is not banned`;
  const fix =
    'use X-Forwarded-For, with entryPoints.<name>.forwardedHeaders.trustedIPs set to the networks of your CDN';
  yield trap('spoofable-header', seen, fix);
}

function* checkCaptcha(options: TypedOptions, version: Version): Generator<Finding> {
  const provider = options.text('captchaProvider');
  if (provider === '') return;
  const file = isAtLeast(version, [1, 7, 0]) ? 'captchaFilePath' : 'captchaHtmlFilePath';
  if (options.text('captchaFilePath') === '' && options.text('captchaHtmlFilePath') === '') {
    const seen = `captchaProvider without ${file}: the plugin does not start without its page, and every router that uses it answers 404`;
    yield refused(
      'captcha-page',
      seen,
      `put captcha.html of the plugin where Traefik sees it, and its path into ${file}`,
    );
  }
  for (const name of ['captchaSiteKey', 'captchaSecretKey'].filter((each) => !options.isGiven(each))) {
    yield advice('captcha-key', `captchaProvider without ${name}: nobody can solve it`, `give ${name}`);
  }
  if (provider !== 'custom') return;
  const needed = ['captchaCustomJsUrl', 'captchaCustomValidateUrl', 'captchaCustomKey', 'captchaCustomResponse'];
  const missing = needed.filter((name) => options.text(name) === '');
  if (missing.length === 0) return;
  yield refused('captcha-custom', `captchaProvider custom without ${missing.join(', ')}`, 'give all four');
}

function* checkAppsec(options: TypedOptions, version: Version): Generator<Finding> {
  const isOn = options.isOn('crowdsecAppsecEnabled') || options.text('crowdsecMode') === 'appsec';
  if (options.text('crowdsecMode') === 'appsec' && !options.isOn('crowdsecAppsecEnabled')) {
    const seen = 'crowdsecMode appsec without crowdsecAppsecEnabled: every request passes';
    yield trap('appsec-off', seen, 'write crowdsecAppsecEnabled: true');
  }
  if (!isOn || isAtLeast(version, [1, 6, 0])) return;
  const seen = `AppSec with ${printVersion(version)} can be bypassed with an invalid content length`;
  yield trap('appsec-bypass', seen, 'use plugin v1.6.0 or newer');
}

function* checkSwitches(options: TypedOptions, version: Version): Generator<Finding> {
  if (!options.isOn('enabled')) {
    const seen = options.has('enabled') ? 'enabled is false' : 'enabled is missing, and false without it';
    yield trap('not-enabled', `${seen}: every request passes`, 'write enabled: true');
  }
  for (const [name] of twins.filter(([inline, file]) => options.text(inline) !== '' && options.text(file) !== '')) {
    yield trap('given-twice', `${name} and ${name}File are both given; the file wins`, 'leave one of them out');
  }
  const mode = options.text('crowdsecMode', 'live');
  const kept = options.integer('defaultDecisionSeconds', 60);
  if (mode === 'live' && kept > 0) {
    const seen = `crowdsecMode live keeps each answer for ${kept} s: so long a new ban and an unban are missed, and every new client waits for LAPI`;
    yield advice('live-mode', seen, 'use crowdsecMode: stream, or a smaller defaultDecisionSeconds');
  }
  const isStream = mode === 'stream';
  if (isStream && options.isOn('redisCacheEnabled') && options.integer('updateIntervalSeconds', 60) === 1) {
    yield trap('redis-lease', 'updateIntervalSeconds 1 with Redis loses updates', 'use 2 or more');
  }
  if (isStream && options.integer('updateMaxFailure', 0) === 0) {
    const seen = 'updateMaxFailure is 0: one failed pull of LAPI, and every request of everybody is answered with 403';
    yield advice('fail-closed', seen, 'set it to -1 (keep what is known), or to the failures you accept');
  }
  if (isStream && isAtLeast(version, [1, 7, 0]) && !options.has('streamStartupBlock')) {
    const seen = 'streamStartupBlock is not given: everybody is blocked until the first pull';
    yield advice('startup-block', seen, 'say what you want: true (closed) or false (open)');
  }
}

const twins = [
  'crowdsecLapiKey',
  'crowdsecAppsecKey',
  'crowdsecLapiTlsCertificateAuthority',
  'crowdsecLapiTlsCertificateBouncer',
  'crowdsecLapiTlsCertificateBouncerKey',
  'crowdsecAppsecTlsCertificateAuthority',
  'crowdsecAppsecTlsCertificateBouncer',
  'crowdsecAppsecTlsCertificateBouncerKey',
  'crowdsecCapiMachineId',
  'crowdsecCapiPassword',
  'redisCachePassword',
  'captchaSiteKey',
  'captchaSecretKey',
].map((name) => [name, `${name}File`] as const);
