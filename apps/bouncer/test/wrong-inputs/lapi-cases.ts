import { suchAs, type SettingCase } from './setting-case.ts';

const url = 'CROWDSEC_API_URL';
const key = 'CROWDSEC_BOUNCER_API_KEY';

/** How LAPI is reached. */
export const lapiCases: readonly SettingCase[] = [
  { app: 'nginx', wrong: { [url]: null }, cause: 'is missing', fix: suchAs },
  {
    app: 'nginx',
    wrong: { [url]: 'crowdsec.lan:8080' },
    cause: 'does not begin with http:// or https://',
    fix: suchAs,
  },
  { app: 'nginx', wrong: { [url]: 'crowdsec.lan' }, cause: '"crowdsec.lan" is not a complete address', fix: suchAs },
  { app: 'nginx', wrong: { [url]: 'ftp://crowdsec.lan' }, cause: 'does not begin with http://', fix: suchAs },
  { app: 'nginx', wrong: { [url]: 'http://bob:pw@crowdsec.lan' }, cause: 'holds a user name or password', fix: suchAs },
  { app: 'nginx', wrong: { [url]: 'http://crowdsec.lan/?a=b' }, cause: 'holds a ? or # part', fix: suchAs },
  {
    app: 'nginx',
    wrong: { [url]: '"http://crowdsec.lan:8080"' },
    cause: 'is in quotes, which count as part of it',
    fix: /take them off/,
    then: { [url]: 'http://crowdsec.lan:8080' },
  },
  { app: 'nginx', wrong: { [url]: 'unix:run/lapi.sock' }, cause: 'is not the path of a socket', fix: /(unix:\/\/\S+)/ },
  {
    app: 'nginx',
    wrong: { CROWDSEC_URL: 'http://other.lan' },
    cause: 'and CROWDSEC_URL are two names for one thing and differ',
    fix: /accepted: one of them/,
    then: { CROWDSEC_URL: null },
  },
  {
    app: 'nginx',
    wrong: { [key]: null },
    cause: 'is missing',
    fix: /the key from `cscli bouncers add`/,
    then: { [key]: 'a-new-key-of-cscli' },
  },
  {
    app: 'nginx',
    wrong: { [key]: '"abc123def"' },
    cause: 'is in quotes',
    fix: /take them off/,
    then: { [key]: 'abc123def' },
  },
  {
    app: 'nginx',
    wrong: { [key]: 'abc\u0007def' },
    cause: 'holds a line break or another control character',
    fix: /accepted: text on one line/,
    then: { [key]: 'abcdef' },
  },
  {
    app: 'nginx',
    wrong: { [key]: '${KEY}' },
    cause: 'holds a ${...} that was not filled in',
    fix: /accepted: text/,
    then: { [key]: 'abcdef' },
  },
  {
    app: 'nginx',
    wrong: { [key]: null, [`${key}_FILE`]: '{dir}/nowhere' },
    cause: 'no such file',
    fix: /cannot read \{dir\}\/nowhere/,
    then: { [`${key}_FILE`]: '{dir}/text' },
  },
  {
    app: 'nginx',
    wrong: { [key]: null, [`${key}_FILE`]: '{dir}/empty' },
    cause: 'is empty',
    fix: /\{dir\}\/empty/,
    then: { [`${key}_FILE`]: '{dir}/text' },
  },
  {
    app: 'nginx',
    wrong: { [key]: null, [`${key}_FILE`]: '{dir}/folder' },
    cause: 'it is a folder',
    fix: /Docker makes one where the file to mount is not there/,
    then: { [`${key}_FILE`]: '{dir}/text' },
  },
  {
    app: 'nginx',
    wrong: { CROWDSEC_CA_FILE: '{dir}/text' },
    cause: 'holds no certificate in PEM form',
    fix: /the path of a PEM file with a certificate/,
    then: { CROWDSEC_CA_FILE: '{dir}/ca.pem' },
  },
  {
    app: 'nginx',
    wrong: { CROWDSEC_CA_FILE: '{dir}/nowhere' },
    cause: 'no such file',
    fix: /the path of a PEM file with a certificate/,
    then: { CROWDSEC_CA_FILE: '{dir}/ca.pem' },
  },
  {
    app: 'nginx',
    wrong: { CROWDSEC_CLIENT_CERT_FILE: '{dir}/ca.pem' },
    cause: 'is missing, while CROWDSEC_CLIENT_CERT_FILE is given',
    fix: /^CROWDSEC_CLIENT_KEY_FILE/,
    then: { CROWDSEC_CLIENT_CERT_FILE: '{dir}/client.pem', CROWDSEC_CLIENT_KEY_FILE: '{dir}/client-key.pem' },
  },
  {
    app: 'nginx',
    wrong: { CROWDSEC_CLIENT_CERT_FILE: '{dir}/ca.pem', CROWDSEC_CLIENT_KEY_FILE: '{dir}/client-key.pem' },
    cause: 'is not the key of CROWDSEC_CLIENT_CERT_FILE',
    fix: /^CROWDSEC_CLIENT_KEY_FILE/,
    then: { CROWDSEC_CLIENT_CERT_FILE: '{dir}/client.pem' },
  },
  {
    app: 'nginx',
    wrong: { CROWDSEC_PROXY: 'socks5://proxy.lan:1080' },
    cause: 'is not an http proxy',
    fix: suchAs,
  },
  {
    app: 'nginx',
    wrong: { CROWDSEC_PROXY: 'http://proxy.lan:3128', [url]: 'unix:///run/lapi.sock' },
    cause: 'does not lead to the unix socket',
    fix: /no CROWDSEC_PROXY/,
    then: { CROWDSEC_PROXY: null },
  },
];
