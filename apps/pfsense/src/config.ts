import { setting, shown, type CoreValues, type Problem, type ValuesOf } from '@bouncer/target';
import { reservedFor } from './reserved-names.ts';
import { isHostKeyPin } from './ssh/host-key.ts';

const MODES = ['ssh', 'ssh-table', 'rest', 'serve', 'opnsense'] as const;
/** pfSense's is_validaliasname(), without the names that are taken: those are named by `reservedFor`. */
const ALIAS = /^(?!\d+$)(?!_+$)\w{1,31}$/;

/** How the list gets to the firewall. */
export type Mode = (typeof MODES)[number];

/** The settings of the pfSense connector. */
export const pfsenseSettings = {
  mode: setting.choice(MODES, {
    env: 'PFSENSE_MODE',
    default: 'ssh',
    help: 'ssh (file and pf table of a URL-table alias), ssh-table (pf table alone), rest (pfSense REST API), serve (the list by HTTP), opnsense (its API)',
  }),
  host: setting.hosts({
    env: 'PFSENSE_HOST',
    help: 'the firewall: host, host:port or [v6]:port of its SSH; several by comma (an HA pair)',
  }),
  sshPort: setting.port({ env: 'PFSENSE_SSH_PORT', default: 22, help: 'SSH port where PFSENSE_HOST names none' }),
  user: setting.text({
    env: 'PFSENSE_USER',
    default: 'admin',
    pattern: /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,31}\$?$/,
    accepted: 'a user name',
    help: 'SSH user: admin, root, or one with PFSENSE_SUDO; for rest: user of basic authentication',
  }),
  password: setting.secret({ env: 'PFSENSE_PASSWORD', help: 'password of that user' }),
  keyFile: setting.file({
    env: 'PFSENSE_SSH_KEY_FILE',
    content: 'private key',
    help: 'private key of that user; `setup` prints how to restrict it to this one job',
  }),
  keyPassphrase: setting.secret({ env: 'PFSENSE_SSH_KEY_PASSPHRASE', help: 'passphrase of that key' }),
  hostKey: setting.list({
    env: 'PFSENSE_HOST_KEY',
    defaultNote: '-',
    help: 'fingerprint of the SSH host key, SHA256:...; several by comma, one for each firewall',
  }),
  knownHostsFile: setting.file({
    env: 'PFSENSE_KNOWN_HOSTS_FILE',
    content: 'any',
    help: 'known_hosts file, instead of PFSENSE_HOST_KEY',
  }),
  alias: setting.text({
    env: 'PFSENSE_ALIAS',
    default: 'crowdsec_blacklists',
    pattern: ALIAS,
    accepted: 'up to 31 letters, digits and underscores, neither digits nor underscores alone',
    help: 'name of the alias',
  }),
  apiUrl: setting.url({
    env: 'PFSENSE_API_URL',
    example: 'https://192.168.1.1',
    help: 'for rest and opnsense: base address, without /api',
  }),
  apiKey: setting.secret({ env: 'PFSENSE_API_KEY', help: 'key of the REST API, or the key half for OPNsense' }),
  apiSecret: setting.secret({ env: 'PFSENSE_API_SECRET', help: 'the secret half for OPNsense' }),
  caFile: setting.file({
    env: 'PFSENSE_CA_FILE',
    content: 'certificate',
    help: "CA (PEM) to trust for the API, beside the system's store",
  }),
  sudo: setting.boolean({
    env: 'PFSENSE_SUDO',
    default: false,
    help: 'run the commands by `sudo -n` (package sudo), for a user that is not root',
  }),
  killStates: setting.boolean({
    env: 'PFSENSE_KILL_STATES',
    default: true,
    help: 'end the open connections of newly banned addresses (rest cannot)',
  }),
  listen: setting.listen({
    env: 'PFSENSE_LISTEN',
    special: true,
    example: '0.0.0.0:41412',
    canBeOff: true,
    default: 'off',
    defaultNote: 'off (serve: 0.0.0.0:41412)',
    help: 'where the list is served by HTTP: for serve, and beside ssh when it is set',
  }),
  writeInterval: setting.duration({
    env: 'PFSENSE_WRITE_INTERVAL',
    special: true,
    default: '10m',
    min: 60,
    max: 24 * 3600,
    help: 'for rest: time between two writes of the alias, each of which is one of the 30 revisions that pfSense keeps',
  }),
  listenUrl: setting.url({
    env: 'PFSENSE_LISTEN_URL',
    special: true,
    example: 'http://192.168.1.10:41412',
    help: 'how the firewall reaches the list that PFSENSE_LISTEN serves, for the alias that `setup` makes; else an address of this machine',
  }),
  ruleInterfaces: setting.list({
    env: 'PFSENSE_RULE_INTERFACES',
    special: true,
    default: 'wan',
    pattern: /^[\w.-]{1,32}$/,
    accepted: 'interfaces such as wan,opt1 (by name or description), or floating alone',
    help: 'where the rule is that `setup` makes: interfaces by comma (wan, opt1; by SSH their descriptions as well), or floating: one rule before those of all interfaces',
  }),
  ruleDirection: setting.choice(['in', 'both'], {
    env: 'PFSENSE_RULE_DIRECTION',
    special: true,
    default: 'in',
    help: 'in: what comes from banned addresses is blocked; both: what goes out to them as well',
  }),
  ruleLog: setting.boolean({
    env: 'PFSENSE_RULE_LOG',
    special: true,
    default: false,
    help: 'whether that rule logs what it blocks',
  }),
  rulePosition: setting.choice(['top', 'bottom'], {
    env: 'PFSENSE_RULE_POSITION',
    special: true,
    default: 'top',
    help: 'top: above your own rules; bottom: below them, so that what you let in stays open to banned addresses',
  }),
  listenUser: setting.text({
    env: 'PFSENSE_LISTEN_USER',
    special: true,
    default: 'pfsense',
    help: 'user of basic authentication there',
  }),
  listenPassword: setting.secret({
    env: 'PFSENSE_LISTEN_PASSWORD',
    special: true,
    help: 'password there, also accepted as ?token=; without it none is required',
  }),
  listenCertFile: setting.file({
    env: 'PFSENSE_LISTEN_CERT_FILE',
    special: true,
    content: 'certificate',
    help: 'certificate (PEM) there: then the list is served by HTTPS',
  }),
  listenKeyFile: setting.file({
    env: 'PFSENSE_LISTEN_KEY_FILE',
    special: true,
    content: 'private key',
    help: 'private key of that certificate',
  }),
};

/** All values that the connector works with. */
export type PfSenseValues = Pick<CoreValues, 'dryRun' | 'maxEntries'> & ValuesOf<typeof pfsenseSettings>;

/** What is wrong with settings that are sound one by one. */
export function validatePfSense(values: PfSenseValues): readonly Problem[] {
  const problems: Problem[] = [];
  const missing = (variable: string, accepted: string): void => {
    problems.push({ variable, problem: `is missing, and PFSENSE_MODE is ${values.mode}`, accepted });
  };
  if (values.mode === 'ssh' || values.mode === 'ssh-table') {
    if (values.host.length === 0) missing('PFSENSE_HOST', 'the firewall: host or host:port');
    if (values.password === undefined && values.keyFile === undefined) {
      missing('PFSENSE_SSH_KEY_FILE', 'the path of a private key (or PFSENSE_PASSWORD)');
    }
  }
  if (values.mode === 'rest' || values.mode === 'opnsense') {
    if (values.apiUrl === undefined) missing('PFSENSE_API_URL', 'such as https://192.168.1.1');
    if (values.mode === 'rest' && values.apiKey === undefined && values.password === undefined) {
      missing('PFSENSE_API_KEY', 'a key of the REST API (or PFSENSE_USER and PFSENSE_PASSWORD)');
    }
    if (values.mode === 'opnsense' && values.apiKey === undefined)
      missing('PFSENSE_API_KEY', 'the key of the API user');
    if (values.mode === 'opnsense' && values.apiSecret === undefined)
      missing('PFSENSE_API_SECRET', 'the secret of that key');
  }
  const taken = reservedFor(values.alias);
  if (taken !== undefined) {
    const accepted = 'a name that nothing else uses, such as crowdsec_blacklists';
    problems.push({ variable: 'PFSENSE_ALIAS', problem: `${shown(values.alias)} is ${taken}`, accepted });
  }
  for (const pin of values.hostKey) {
    if (isHostKeyPin(pin)) continue;
    const accepted = 'SHA256: and 43 characters, as `check` and `ssh-keygen -l` print it';
    problems.push({ variable: 'PFSENSE_HOST_KEY', problem: `${shown(pin)} is not a fingerprint`, accepted });
  }
  if (values.ruleInterfaces.includes('floating') && values.ruleInterfaces.length > 1) {
    const accepted = 'floating alone, or interfaces such as wan,opt1';
    problems.push({ variable: 'PFSENSE_RULE_INTERFACES', problem: 'names floating and interfaces', accepted });
  }
  if ((values.listenCertFile === undefined) !== (values.listenKeyFile === undefined)) {
    const variable = values.listenCertFile === undefined ? 'PFSENSE_LISTEN_CERT_FILE' : 'PFSENSE_LISTEN_KEY_FILE';
    problems.push({ variable, problem: 'is missing, while the other half is given' });
  }
  const hosts = values.host.map(({ host, port }) => `${host.toLowerCase()} port ${port ?? values.sshPort}`);
  const twice = hosts.find((host, index) => hosts.indexOf(host) !== index);
  if (twice !== undefined) problems.push({ variable: 'PFSENSE_HOST', problem: `names ${twice} twice` });
  return problems;
}
