import { describe, expect, it } from 'vitest';
import { parseVersion } from './version.ts';
import type { OptionMap } from './finding.ts';
import { validateOptions } from './validate.ts';

/** What works with every version. */
const sound: OptionMap = {
  enabled: 'true',
  crowdsecMode: 'stream',
  crowdsecLapiScheme: 'https',
  crowdsecLapiHost: 'crowdsec.protected.lan',
  crowdsecLapiPath: '/lapi/',
  crowdsecLapiKeyFile: '/run/secrets/key',
  crowdsecLapiTlsCertificateAuthorityFile: '/ca.pem',
  updateMaxFailure: '-1',
};

const certificate: OptionMap = {
  crowdsecLapiTlsCertificateBouncerFile: '/c.pem',
  crowdsecLapiTlsCertificateBouncerKeyFile: '/k.pem',
};

/** The options that the user's document prints, in its words. */
const printed: OptionMap = {
  enabled: 'true',
  logLevel: 'INFO',
  updateIntervalSeconds: '60',
  crowdsecMode: 'stream',
  crowdsecLapiScheme: 'https',
  crowdsecLapiHost: 'crowdsec.protected.lan',
  crowdsecLapiPath: '/lapi/',
  crowdsecLapiKey: 'abc123def456ghi789jkl012mno345pqr678stu901vwx234yz567',
};

/** `ok`, or the level and rule of the first finding that is more than advice. */
function verdict(options: OptionMap, version: string): string {
  const findings = validateOptions(options, parseVersion(version)!);
  const worst = findings.find(({ level }) => level !== 'advice');
  return worst ? `${worst.level} ${worst.rule}` : 'ok';
}

const cases: readonly (readonly [what: string, options: OptionMap, version: string, verdict: string])[] = [
  ['the document as printed', printed, 'v1.4.2', 'refused missing-ca'],
  ['the document as printed', printed, 'v1.6.0', 'refused missing-ca'],
  ['the document as printed', printed, 'v1.7.1', 'ok'],
  ['a CA by file', sound, 'v1.4.2', 'ok'],
  ['a CA by file', sound, 'v1.7.1', 'ok'],
  ['http needs no CA', without({ ...sound, crowdsecLapiScheme: 'http' }, 'CertificateAuthority'), 'v1.4.2', 'ok'],
  [
    'names in other capitals',
    { ...without(sound, 'Authority'), crowdsecLapiTLSCertificateAuthorityFile: '/ca' },
    'v1.4.2',
    'ok',
  ],
  ['enable for enabled', { ...without(sound, 'enabled'), enable: 'true' }, 'v1.7.1', 'trap unknown-option'],
  ['no enabled', without(sound, 'enabled'), 'v1.7.1', 'trap not-enabled'],
  ['enabled false', { ...sound, enabled: 'false' }, 'v1.7.1', 'trap not-enabled'],
  ['a path without the last slash', { ...sound, crowdsecLapiPath: '/lapi' }, 'v1.7.1', 'trap lapi-path'],
  ['a path without the first slash', { ...sound, crowdsecLapiPath: 'lapi/' }, 'v1.7.1', 'trap lapi-path'],
  ['a scheme inside the host', { ...sound, crowdsecLapiHost: 'https://x' }, 'v1.7.1', 'refused bad-host'],
  ['an empty host', { ...sound, crowdsecLapiHost: '' }, 'v1.7.1', 'refused bad-host'],
  ['logLevel in small letters', { ...sound, logLevel: 'info' }, 'v1.4.2', 'refused log-level'],
  ['logLevel in small letters', { ...sound, logLevel: 'info' }, 'v1.4.3', 'ok'],
  ['WARN before it was known', { ...sound, logLevel: 'WARN' }, 'v1.4.2', 'refused log-level'],
  ['WARN', { ...sound, logLevel: 'WARN' }, 'v1.6.0', 'ok'],
  ['an interval with a unit', { ...sound, updateIntervalSeconds: '30s' }, 'v1.7.1', 'refused wrong-type'],
  ['an interval of 0', { ...sound, updateIntervalSeconds: '0' }, 'v1.7.1', 'refused out-of-range'],
  ['an interval of 1', { ...sound, updateIntervalSeconds: '1' }, 'v1.7.1', 'ok'],
  ['1 with Redis', { ...sound, updateIntervalSeconds: '1', redisCacheEnabled: 'true' }, 'v1.7.1', 'trap redis-lease'],
  ['metrics off', { ...sound, metricsUpdateIntervalSeconds: '0' }, 'v1.7.1', 'ok'],
  ['metrics below 0', { ...sound, metricsUpdateIntervalSeconds: '-1' }, 'v1.7.1', 'refused out-of-range'],
  ['metrics before they came', { ...sound, metricsUpdateIntervalSeconds: '0' }, 'v1.4.3', 'trap option-too-new'],
  ['updateMaxFailure -2', { ...sound, updateMaxFailure: '-2' }, 'v1.7.1', 'refused out-of-range'],
  ['status 99', { ...sound, remediationStatusCode: '99' }, 'v1.7.1', 'refused out-of-range'],
  ['status 599', { ...sound, remediationStatusCode: '599' }, 'v1.7.1', 'ok'],
  ['status 600', { ...sound, remediationStatusCode: '600' }, 'v1.7.1', 'refused out-of-range'],
  ['a status before it came', { ...sound, remediationStatusCode: '429' }, 'v1.4.2', 'trap option-too-new'],
  ['streamStartupBlock', { ...sound, streamStartupBlock: 'false' }, 'v1.7.0', 'ok'],
  ['streamStartupBlock before it came', { ...sound, streamStartupBlock: 'false' }, 'v1.6.0', 'trap option-too-new'],
  ['an unknown mode', { ...sound, crowdsecMode: 'streaming' }, 'v1.7.1', 'refused unknown-word'],
  [
    'a path where a PEM text belongs',
    { ...without(sound, 'Authority'), crowdsecLapiTlsCertificateAuthority: '/ca.pem' },
    'v1.4.2',
    'refused pem-expected',
  ],
  ['a list by comma', { ...sound, clientTrustedIps: '10.0.0.0/8, 192.168.0.1' }, 'v1.4.2', 'ok'],
  ['a list', { ...sound, clientTrustedIps: ['10.0.0.0/8'] }, 'v1.4.2', 'ok'],
  ['a name among trusted addresses', { ...sound, clientTrustedIps: ['proxy.lan'] }, 'v1.7.1', 'refused bad-address'],
  ['everybody trusted', { ...sound, clientTrustedIps: ['0.0.0.0/0'] }, 'v1.7.1', 'trap trusts-everybody'],
  ['no key', without(sound, 'KeyFile'), 'v1.7.1', 'refused missing-key'],
  [
    'no key with AppSec alone',
    { ...without(sound, 'KeyFile'), crowdsecMode: 'appsec', crowdsecAppsecEnabled: 'true' },
    'v1.6.0',
    'ok',
  ],
  ['mode appsec with AppSec off', { ...sound, crowdsecMode: 'appsec' }, 'v1.7.1', 'trap appsec-off'],
  ['a captcha without its page', { ...sound, captchaProvider: 'turnstile' }, 'v1.7.1', 'refused captcha-page'],
  ['a captcha without its page', { ...sound, captchaProvider: 'turnstile' }, 'v1.4.2', 'refused captcha-page'],
  ['a captcha', { ...sound, captchaProvider: 'turnstile', captchaFilePath: '/c.html' }, 'v1.7.1', 'ok'],
  ['a captcha', { ...sound, captchaProvider: 'turnstile', captchaHtmlFilePath: '/c.html' }, 'v1.4.2', 'ok'],
  ['a blank after a word', { ...sound, crowdsecMode: 'stream ' }, 'v1.7.1', 'refused blanks'],
  ['a blank before a host', { ...sound, crowdsecLapiHost: ' a.lan' }, 'v1.7.1', 'refused blanks'],
  ['a blank before a path of a file', { ...sound, crowdsecLapiKeyFile: ' /key' }, 'v1.7.1', 'refused blanks'],
  ['a port that is none', { ...sound, crowdsecLapiHost: 'x:abc' }, 'v1.7.1', 'refused bad-host'],
  ['an unclosed bracket', { ...sound, crowdsecAppsecHost: '[::1' }, 'v1.7.1', 'refused bad-host'],
  [
    'a PEM text that is none',
    {
      ...without(sound, 'Authority'),
      crowdsecLapiTlsCertificateAuthority: '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----',
    },
    'v1.7.1',
    'refused pem-expected',
  ],
  [
    'everybody trusted in two halves',
    { ...sound, forwardedHeadersTrustedIps: '0.0.0.0/1,128.0.0.0/1' },
    'v1.7.1',
    'trap trusts-everybody',
  ],
  [
    'no key with AppSec alone',
    { ...without(sound, 'KeyFile'), crowdsecMode: 'appsec' },
    'v1.4.7',
    'refused missing-key',
  ],
  ['a client certificate for a key', { ...without(sound, 'KeyFile'), ...certificate }, 'v1.4.2', 'ok'],
  [
    'half a client certificate',
    { ...sound, crowdsecLapiTlsCertificateBouncerFile: '/c' },
    'v1.4.2',
    'refused client-certificate',
  ],
  [
    'a key with a line break',
    { ...sound, crowdsecLapiKeyFile: '', crowdsecLapiKey: 'ab\ncd' },
    'v1.7.1',
    'refused bad-key',
  ],
  ['a key with a comma passes', { ...without(sound, 'KeyFile'), crowdsecLapiKey: 'ab,cd' }, 'v1.7.1', 'ok'],
  ['key and key file', { ...sound, crowdsecLapiKey: 'abc' }, 'v1.7.1', 'trap given-twice'],
  [
    'a header that clients can send',
    { ...sound, forwardedHeadersCustomName: 'CF-Connecting-IP' },
    'v1.7.1',
    'trap spoofable-header',
  ],
  ['a header that Traefik strips', { ...sound, forwardedHeadersCustomName: 'X-Real-Ip' }, 'v1.7.1', 'ok'],
  [
    'custom captcha, one of four',
    { ...sound, captchaProvider: 'custom', captchaCustomKey: 'k', captchaFilePath: '/c.html' },
    'v1.7.1',
    'refused captcha-custom',
  ],
  ['an unknown captcha', { ...sound, captchaProvider: 'mine' }, 'v1.7.1', 'refused unknown-word'],
  ['AppSec that can be bypassed', { ...sound, crowdsecAppsecEnabled: 'true' }, 'v1.5.1', 'trap appsec-bypass'],
  ['AppSec', { ...sound, crowdsecAppsecEnabled: 'true' }, 'v1.6.0', 'ok'],
  ['an AppSec path without slash', { ...sound, crowdsecAppsecPath: '/waf' }, 'v1.7.1', 'trap appsec-path'],
  ['alone without credentials', { ...sound, crowdsecMode: 'alone' }, 'v1.7.1', 'trap missing-capi'],
  ['a switch that is none', { ...sound, redisCacheEnabled: 'yes' }, 'v1.7.1', 'refused wrong-type'],
  ['the old name of the ban page', { ...sound, banHtmlFilePath: '/ban.html' }, 'v1.7.1', 'ok'],
  ['the new name of the ban page', { ...sound, banFilePath: '/ban.html' }, 'v1.6.0', 'trap option-too-new'],
  ['the same option twice', { ...sound, ENABLED: 'true' }, 'v1.7.1', 'trap given-twice'],
];

describe('options and plugin version', () => {
  it.each(cases)('%s', (_, options, version, expected) => {
    expect([version, verdict(options, version)]).toEqual([version, expected]);
  });

  it('never shows a secret', () => {
    const secret = 'hu"sh\u0001hush';
    const texts = JSON.stringify(
      validateOptions({ ...sound, crowdsecLapiKey: secret, captchaSecretKey: [secret] }, [1, 7, 1]),
    );
    expect(texts).not.toContain('hush');
    expect(texts).toContain('bad-key');
  });
});

function without(options: OptionMap, part: string): OptionMap {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !name.includes(part)));
}
