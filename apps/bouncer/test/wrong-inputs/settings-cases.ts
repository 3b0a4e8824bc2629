/** A configuration or a command line that is wrong in one thing, as data. `{dir}` is a folder of the test's own. */
export interface SettingCase {
  /** The image. */
  readonly app: string;
  /** What is changed of a sound environment; null takes a variable away. */
  readonly wrong?: Readonly<Record<string, string | null>>;
  /** A YAML file that is given with it. */
  readonly yaml?: string;
  /** Default: `config`. */
  readonly args?: readonly string[];
  /** The cause, in the one line that is printed. */
  readonly cause: string;
  /** What the same line proposes: a pattern; its group is the value that a person takes over. */
  readonly fix: RegExp;
  /** What a person changes then; `$1` is the group. Default: the first variable of `wrong` becomes the group. */
  readonly then?: Readonly<Record<string, string | null>>;
  /** The YAML file after that, or the arguments. */
  readonly yamlThen?: string;
  readonly argsThen?: readonly string[];
}

const suchAs = /such as ([^\s,;]+)/;
const firstWord = /accepted: ([\w.-]+)/;
const url = 'CROWDSEC_API_URL';
const key = 'CROWDSEC_BOUNCER_API_KEY';

const lapi: readonly SettingCase[] = [
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

const shared: readonly SettingCase[] = [
  { app: 'nginx', wrong: { CROWDSEC_UPDATE_FREQUENCY: '10 seconds' }, cause: 'is not a duration', fix: suchAs },
  { app: 'nginx', wrong: { CROWDSEC_UPDATE_FREQUENCY: '0' }, cause: 'is out of range', fix: /(100ms) to 24h/ },
  { app: 'nginx', wrong: { CROWDSEC_RESYNC_INTERVAL: 'never' }, cause: 'is not a duration', fix: /to (\w+)/ },
  {
    app: 'nginx',
    wrong: { ALLOWLIST: '10.0.0.0/8, router.lan 300.1.1.1 192.0.2.7' },
    cause: '"router.lan" is neither an address nor a network, "300.1.1.1" is neither an address nor a network',
    fix: suchAs,
    then: { ALLOWLIST: '10.0.0.0/8, 192.0.2.7' },
  },
  { app: 'nginx', wrong: { BLOCK_PRIVATE_NETWORKS: 'maybe' }, cause: 'is neither true nor false', fix: firstWord },
  { app: 'nginx', wrong: { MAX_ENTRIES: 'many' }, cause: 'is not a whole number', fix: /(\d+) or more/ },
  { app: 'nginx', wrong: { MAX_ENTRIES: '0' }, cause: 'is out of range', fix: /(\d+) or more/ },
  { app: 'nginx', wrong: { MAX_REMOVAL_PERCENT: '150' }, cause: 'is out of range', fix: /from 0 to (\d+)/ },
  { app: 'nginx', wrong: { DRY_RUN: 'ja' }, cause: 'is neither true nor false', fix: firstWord },
  { app: 'nginx', wrong: { LOG_LEVEL: 'verbose' }, cause: 'is not one of them', fix: firstWord },
  { app: 'nginx', wrong: { LOG_LEVEL: 'loud' }, cause: '"loud"', fix: /also 0, 1, 2, 3, 4, 5, (trace)/ },
  { app: 'nginx', wrong: { LOG_FORMAT: 'xml' }, cause: 'is not one of them', fix: /json, (pretty)/ },
  {
    app: 'nginx',
    wrong: { LOG_FORMAT: "'pretty'" },
    cause: 'is in quotes',
    fix: /take them off/,
    then: { LOG_FORMAT: 'pretty' },
  },
  { app: 'nginx', wrong: { HTTP_LISTEN: '9460' }, cause: 'is not an address and port', fix: suchAs },
  { app: 'nginx', wrong: { HTTP_LISTEN: '0.0.0.0:99999' }, cause: 'is not an address and port', fix: /or (off)/ },
  { app: 'nginx', wrong: { NOTIFY_URL: 'ntfy.sh/mine' }, cause: 'is not a complete address', fix: suchAs },
  {
    app: 'nginx',
    wrong: { NOTIFY_URL: 'https://ntfy.sh' },
    cause: 'has no topic of ntfy as its path',
    fix: /accepted: (https:\/\/ntfy\.sh\/TOPIC)/,
  },
  {
    app: 'nginx',
    wrong: { NOTIFY_TOKEN: 'tk_1234' },
    cause: 'is missing, while NOTIFY_TOKEN is given',
    fix: /(https:\/\/ntfy\.sh\/TOPIC)/,
    then: { NOTIFY_URL: '$1' },
  },
];

const yaml: readonly SettingCase[] = [
  {
    app: 'nginx',
    yaml: 'crowdsec:\n  api_ur: http://a.lan\n',
    cause: ':2: unknown key crowdsec.api_ur',
    fix: /did you mean crowdsec\.(api_url)\?/,
    yamlThen: 'crowdsec:\n  $1: http://a.lan\n',
  },
  {
    app: 'nginx',
    yaml: 'mikrotik:\n  host: 192.0.2.1\n',
    cause: ':1: unknown key mikrotik',
    fix: /`config init` prints those that are known/,
    yamlThen: 'nginx:\n  mode: geo\n',
  },
  {
    app: 'nginx',
    yaml: 'crowdsec:\n\tapi_url: http://a.lan\n',
    cause: ':2: is not valid YAML: Tabs are not allowed',
    fix: /as indentation/,
    yamlThen: 'crowdsec:\n  api_url: http://a.lan\n',
  },
  {
    app: 'nginx',
    yaml: 'crowdsec:\n  api_url: http://a.lan\n  api_url: http://b.lan\n',
    cause: ':3: is not valid YAML',
    fix: /Map keys must be unique/,
    yamlThen: 'crowdsec:\n  api_url: http://b.lan\n',
  },
  {
    app: 'nginx',
    yaml: 'allowlist: {a: b}\n',
    cause: 'allowlist is a group',
    fix: /a plain value is accepted/,
    yamlThen: 'allowlist: 192.0.2.1\n',
  },
  {
    app: 'nginx',
    yaml: 'log_level: loud\n',
    cause: 'LOG_LEVEL (yaml log_level, line 1): "loud"',
    fix: firstWord,
    yamlThen: 'log_level: $1\n',
  },
  {
    app: 'nginx',
    yaml: '- a\n- b\n',
    cause: 'must hold keys and values',
    fix: /such as `(crowdsec:)` with keys below it/,
    yamlThen: '$1\n  update_frequency: 5s\n',
  },
  {
    app: 'nginx',
    wrong: { CONFIG_FILE: '{dir}/nowhere.yaml' },
    cause: 'no such file',
    fix: /CONFIG_FILE: cannot read/,
    then: { CONFIG_FILE: null },
  },
  {
    app: 'bouncer',
    wrong: { TARGETS: null },
    yaml: 'targets:\n  - kind: ngnix\n    output_dir: {dir}/out\n',
    cause: '"ngnix" is no kind of this image',
    fix: /did you mean (\w+)\?/,
    yamlThen: 'targets:\n  - kind: $1\n    output_dir: {dir}/out\n',
  },
  {
    app: 'bouncer',
    wrong: { TARGETS: null },
    yaml: 'targets:\n  - output_dir: {dir}/out\n',
    cause: 'targets[0].kind (line 2): is missing',
    fix: /accepted: .*(nginx)/,
    yamlThen: 'targets:\n  - kind: $1\n    output_dir: {dir}/out\n',
  },
  {
    app: 'bouncer',
    wrong: { TARGETS: null },
    yaml: 'targets:\n  - kind: nginx\n    name: web\n    output_dir: {dir}/out\n  - kind: traefik\n    name: web\n',
    cause: 'targets[1].name (line 6): is the name of targets[0] as well',
    fix: /a name of its own/,
    yamlThen:
      'targets:\n  - kind: nginx\n    name: web\n    output_dir: {dir}/out\n  - kind: traefik\n    name: edge\n',
  },
  {
    app: 'bouncer',
    wrong: { TARGETS: null },
    yaml: 'nginx:\n  mode: lua\ntargets:\n  - kind: nginx\n    output_dir: {dir}/out\n',
    cause: 'nginx and `targets:` exclude each other',
    fix: /give its settings in the list, as `(- kind: nginx)`/,
    yamlThen: 'targets:\n  $1\n    mode: lua\n    output_dir: {dir}/out\n',
  },
  {
    app: 'bouncer',
    wrong: { TARGETS: null },
    yaml: 'targets: []\n',
    cause: 'has no target',
    fix: /a list `targets:`/,
    yamlThen: 'targets:\n  - kind: nginx\n    output_dir: {dir}/out\n',
  },
  {
    app: 'bouncer',
    wrong: { TARGETS: null },
    yaml: 'targets:\n  - kind: nginx\n    ouput_dir: {dir}/out\n',
    cause: 'targets[0].ouput_dir (line 3): unknown key',
    fix: /did you mean (output_dir)\?/,
    yamlThen: 'targets:\n  - kind: nginx\n    $1: {dir}/out\n',
  },
  {
    app: 'bouncer',
    yaml: 'targets:\n  - kind: nginx\n    output_dir: {dir}/out\n',
    cause: 'TARGETS: and `targets:`',
    fix: /accepted: one of them/,
    then: { TARGETS: null },
  },
  { app: 'bouncer', wrong: { TARGETS: null }, cause: 'TARGETS: is missing', fix: /kinds by comma \(.*(nginx)/ },
  { app: 'bouncer', wrong: { TARGETS: 'ngnix' }, cause: '"ngnix" is no kind', fix: /did you mean (\w+)\?/ },
  {
    app: 'bouncer',
    wrong: { TARGETS: 'nginx,nginx' },
    cause: 'names nginx twice',
    fix: /several of one kind stand in `targets:`/,
    then: { TARGETS: null },
    yamlThen: 'targets:\n  - kind: nginx\n    output_dir: {dir}/out\n  - kind: nginx\n    output_dir: {dir}/folder\n',
  },
];

const commands: readonly SettingCase[] = [
  {
    app: 'nginx',
    args: ['chek'],
    cause: 'unknown command "chek"',
    fix: /did you mean (\w+)\?/,
    argsThen: ['$1', '--help'],
  },
  {
    app: 'nginx',
    args: ['plan', '--jsn'],
    cause: "unknown option '--jsn'",
    fix: /\(Did you mean (--json)\?\)/,
    argsThen: ['plan', '$1', '--help'],
  },
  {
    app: 'nginx',
    args: ['sync', 'now'],
    cause: 'but got "now"',
    fix: /takes no argument/,
    argsThen: ['sync', '--help'],
  },
  {
    app: 'nginx',
    args: ['--completion', 'fish'],
    cause: 'but got "fish"',
    fix: /takes (bash)/,
    argsThen: ['--completion', '$1'],
  },
  {
    app: 'nginx',
    args: ['config', 'init', 'apache'],
    cause: 'no kind "apache" here',
    fix: firstWord,
    argsThen: ['config', 'init', '$1'],
  },
  {
    app: 'bouncer',
    args: ['config', 'init'],
    cause: 'name the kinds that you want',
    fix: firstWord,
    argsThen: ['config', 'init', '$1'],
  },
];

const own: readonly SettingCase[] = [
  { app: 'mikrotik', wrong: { MIKROTIK_HOST: null }, cause: 'is missing', fix: /a port: ([^,]+)/ },
  {
    app: 'mikrotik',
    wrong: { MIKROTIK_PASSWORD: null },
    cause: 'MIKROTIK_PASSWORD: is missing',
    fix: /a file that holds it/,
    then: { MIKROTIK_PASSWORD_FILE: '{dir}/text' },
  },
  {
    app: 'mikrotik',
    wrong: { MIKROTIK_HOST: 'https://192.168.88.1' },
    cause: 'is a URL',
    fix: /give the host alone.*: ([^,]+)/,
  },
  {
    app: 'mikrotik',
    wrong: { MIKROTIK_HOST: 'admin@192.168.88.1' },
    cause: 'holds a user name',
    fix: /a port: ([^,]+)/,
  },
  { app: 'mikrotik', wrong: { MIKROTIK_HOST: '192.168.88.256' }, cause: 'is not a host', fix: /a port: ([^,]+)/ },
  { app: 'mikrotik', wrong: { MIKROTIK_HOST: '192.168.88.1:99999' }, cause: 'is not a host', fix: /, ([\w.]+:8729)/ },
  {
    app: 'mikrotik',
    wrong: { MIKROTIK_TLS_FINGERPRINT: 'abcdef' },
    cause: 'is not a SHA-256 fingerprint',
    fix: /64 hexadecimal digits/,
    then: { MIKROTIK_TLS_FINGERPRINT: 'a0'.repeat(32) },
  },
  {
    app: 'mikrotik',
    wrong: { MIKROTIK_TLS: 'false', MIKROTIK_TLS_FINGERPRINT: 'a0'.repeat(32) },
    cause: 'MIKROTIK_TLS_FINGERPRINT:',
    fix: /needs MIKROTIK_TLS=(true)/,
  },
  {
    app: 'mikrotik',
    wrong: { MIKROTIK_IPV6: 'false', MIKROTIK_IPV4: 'false' },
    cause: 'nothing would be blocked',
    fix: /MIKROTIK_IPV6: is false and so is MIKROTIK_IPV4/,
    then: { MIKROTIK_IPV6: 'true' },
  },
  { app: 'pfsense', wrong: { PFSENSE_MODE: 'shh' }, cause: 'is not one of them', fix: firstWord },
  {
    app: 'pfsense',
    wrong: { PFSENSE_HOST: null },
    cause: 'is missing, and PFSENSE_MODE is ssh',
    fix: /host or host:port/,
    then: { PFSENSE_HOST: '192.168.1.1' },
  },
  {
    app: 'pfsense',
    wrong: { PFSENSE_PASSWORD: null },
    cause: 'PFSENSE_SSH_KEY_FILE: is missing',
    fix: /the path of a private key \(or PFSENSE_PASSWORD\)/,
    then: { PFSENSE_SSH_KEY_FILE: '{dir}/client-key.pem' },
  },
  {
    app: 'pfsense',
    wrong: { PFSENSE_ALIAS: 'crowdsec-list' },
    cause: '"crowdsec-list" does not fit',
    fix: /letters, digits and underscores/,
    then: { PFSENSE_ALIAS: 'crowdsec_list' },
  },
  { app: 'pfsense', wrong: { PFSENSE_ALIAS: 'any' }, cause: "is a word of the firewall's own language", fix: suchAs },
  {
    app: 'pfsense',
    wrong: { PFSENSE_HOST_KEY: 'aa:bb:cc' },
    cause: 'is not a fingerprint',
    fix: /SHA256: and 43 characters/,
    then: { PFSENSE_HOST_KEY: `SHA256:${'a'.repeat(43)}` },
  },
  { app: 'pfsense', wrong: { PFSENSE_SSH_PORT: 'ssh' }, cause: 'is not a whole number', fix: /to (\d+)/ },
  {
    app: 'pfsense',
    wrong: { PFSENSE_API_URL: null, PFSENSE_MODE: 'rest', PFSENSE_API_KEY: 'abcd' },
    cause: 'PFSENSE_API_URL: is missing, and PFSENSE_MODE is rest',
    fix: suchAs,
  },
  {
    app: 'pfsense',
    wrong: {
      PFSENSE_API_SECRET: null,
      PFSENSE_MODE: 'opnsense',
      PFSENSE_API_URL: 'https://a.lan',
      PFSENSE_API_KEY: 'abcd',
    },
    cause: 'PFSENSE_API_SECRET: is missing, and PFSENSE_MODE is opnsense',
    fix: /accepted: the (secret) of that key/,
  },
  {
    app: 'pfsense',
    wrong: { PFSENSE_SSH_KEY_FILE: '{dir}/text', PFSENSE_PASSWORD: null },
    cause: 'holds no private key in PEM form',
    fix: /the path of a PEM file with a private key/,
    then: { PFSENSE_SSH_KEY_FILE: '{dir}/client-key.pem' },
  },
  { app: 'nginx', wrong: { NGINX_MODE: 'luaa' }, cause: 'is not one of them', fix: firstWord },
  { app: 'nginx', wrong: { NGINX_BAN_STATUS: '200' }, cause: 'is out of range', fix: /from (\d+) to 599/ },
  { app: 'nginx', wrong: { NGINX_ON_MISSING_FILE: 'fail' }, cause: 'is not one of them', fix: /open, (closed)/ },
  {
    app: 'nginx',
    wrong: { NGINX_CONFIG_DIR: '/etc/nginx/crowd sec' },
    cause: 'does not fit',
    fix: /an absolute path of letters, digits/,
    then: { NGINX_CONFIG_DIR: '/etc/nginx/crowdsec' },
  },
  {
    app: 'nginx',
    wrong: { NGINX_BAN_PAGE_FILE: '{dir}/nowhere' },
    cause: 'no such file',
    fix: /the path of a readable file/,
    then: { NGINX_BAN_PAGE_FILE: '{dir}/text' },
  },
  { app: 'nginx', wrong: { CROWDSEC_APPSEC_URL: '127.0.0.1:7422' }, cause: 'is not a complete address', fix: suchAs },
  { app: 'nginx', wrong: { CROWDSEC_APPSEC_BODY_LIMIT: 'lots' }, cause: 'is not a number of bytes', fix: suchAs },
  { app: 'traefik', wrong: { TRAEFIK_MODE: 'forward-auth' }, cause: 'is not one of them', fix: firstWord },
  {
    app: 'traefik',
    wrong: { TRAEFIK_MODE: 'forwardauth' },
    cause: 'TRAEFIK_TRUSTED_PROXIES: is missing',
    fix: suchAs,
    then: { TRAEFIK_TRUSTED_PROXIES: '$1' },
  },
  {
    app: 'traefik',
    wrong: { TRAEFIK_TRUSTED_PROXIES: '0.0.0.0/0', TRAEFIK_MODE: 'forwardauth' },
    cause: 'trusts half of 0.0.0.0/0 or more',
    fix: suchAs,
  },
  {
    app: 'traefik',
    wrong: { TRAEFIK_TRUSTED_PROXIES: 'traefik', TRAEFIK_MODE: 'forwardauth' },
    cause: '"traefik" is neither an address nor a network',
    fix: suchAs,
  },
  { app: 'traefik', wrong: { TRAEFIK_FORMAT: 'ini' }, cause: 'is not one of them', fix: firstWord },
  { app: 'traefik', wrong: { TRAEFIK_VERSION: 'latest' }, cause: 'is no version', fix: firstWord },
  {
    app: 'traefik',
    wrong: { TRAEFIK_MIDDLEWARE: 'crowd sec' },
    cause: 'does not fit',
    fix: /letters, digits, - and _/,
    then: { TRAEFIK_MIDDLEWARE: 'crowd-sec' },
  },
  { app: 'traefik', wrong: { TRAEFIK_LISTEN: '9461' }, cause: 'is not an address and port', fix: suchAs },
  { app: 'haproxy', wrong: { HAPROXY_SOCKET: null }, cause: 'is missing', fix: suchAs },
  { app: 'haproxy', wrong: { HAPROXY_SOCKET: 'run/admin.sock' }, cause: 'is neither such a path nor', fix: suchAs },
  {
    app: 'haproxy',
    wrong: { HAPROXY_ACL: 'my acl' },
    cause: '"my acl" does not fit',
    fix: /without blanks or quotes/,
    then: { HAPROXY_ACL: 'my-acl' },
  },
  { app: 'firewall', wrong: { FIREWALL_MODE: 'nft' }, cause: 'is not one of them', fix: firstWord },
  { app: 'firewall', wrong: { FIREWALL_HOOKS: 'in' }, cause: '"in" is no hook', fix: /ingress, prerouting, (input)/ },
  { app: 'firewall', wrong: { FIREWALL_PRIORITY: 'first' }, cause: 'is no priority', fix: /from (-\d+) to/ },
  { app: 'firewall', wrong: { FIREWALL_DENY_ACTION: 'BLOCK' }, cause: 'is not one of them', fix: /DROP, (REJECT)/ },
  {
    app: 'firewall',
    wrong: { FIREWALL_TABLE: 'my table' },
    cause: '"my table" does not fit',
    fix: /letters, digits and underscores/,
    then: { FIREWALL_TABLE: 'my_table' },
  },
  { app: 'firewall', wrong: { FIREWALL_INTERFACES: 'eth0;' }, cause: 'does not fit', fix: /ending: (\w+)/ },
];

/** All of them. */
export const settingCases: readonly SettingCase[] = [...lapi, ...shared, ...yaml, ...commands, ...own];
