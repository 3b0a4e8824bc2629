/** What we refuse although the plugin starts with it: by rule, why. */
export const stricter: Readonly<Record<string, string>> = {
  'appsec-bypass': 'AppSec of a plugin before v1.6.0 can be passed by',
  'appsec-off': 'crowdsecMode appsec without AppSec lets everybody pass',
  'appsec-path': 'a path without its slash leads to another address',
  'bad-host': 'Go reads hosts to which no connection can be made',
  blanks: 'a blank at the end of a value becomes part of it',
  'client-certificate': 'a certificate without its key, or with that of another, is never shown to LAPI',
  'given-twice': 'an option beside the file that takes its place does nothing',
  'lapi-path': 'a path without its slashes leads to another address, and every request is answered with 403',
  'missing-capi': 'mode alone without an account of the machine pulls nothing',
  'not-enabled': 'the middleware lets everybody pass',
  'option-too-new': 'this version passes over an option that a later one brought',
  'pem-expected': 'a text that is no certificate is never loaded where its scheme is http, and fails when that changes',
  'spoofable-header': 'every client may write that header',
  'trusts-everybody': 'a trusted list that half of all addresses are in',
  'unknown-word': 'a format of logs that is not known counts as the default',
  'wrong-type': 'numbers that Go reads as octal or with underscores, which nobody means',
};
