import { setting, type CoreValues, type ValuesOf } from '@bouncer/target';

/**
 * Printable ASCII without a blank at either end: RouterOS takes more, but nothing else is the same in version 6 and 7. In a
 * rule a first `!` means "all but these": it would block everybody else.
 */
const NAME = /^["-~](?:[ -~]{0,62}[!-~])?$/;
const NAME_ACCEPTED = 'up to 64 printable ASCII characters, the first not an exclamation mark';

/** The settings of the MikroTik connector. */
export const mikrotikSettings = {
  host: setting.hosts({
    env: 'MIKROTIK_HOST',
    required: true,
    help: 'the router: host, host:port or [v6]:port; several by comma (port: 8729 with TLS, 8728 without)',
  }),
  user: setting.text({
    env: 'MIKROTIK_USER',
    required: true,
    help: 'user of the router, in a group with the policies read, write, api',
  }),
  password: setting.secret({
    env: 'MIKROTIK_PASSWORD',
    aliases: ['MIKROTIK_PASS'],
    required: true,
    help: 'password of that user',
  }),
  tls: setting.boolean({ env: 'MIKROTIK_TLS', default: true, help: 'use the service api-ssl' }),
  list: setting.text({
    env: 'MIKROTIK_BLACKLIST',
    aliases: ['MIKROTIK_ADDRESS_LIST'],
    default: 'crowdsec',
    pattern: NAME,
    accepted: NAME_ACCEPTED,
    help: 'name of the address list, the same in both IP menus',
  }),
  listIpv6: setting.text({
    env: 'MIKROTIK_BLACKLIST_IPV6',
    special: true,
    defaultNote: 'as `MIKROTIK_BLACKLIST`',
    pattern: NAME,
    accepted: NAME_ACCEPTED,
    help: 'name of the list in the IPv6 menu, when it is another one',
  }),
  groupLists: setting.list({
    env: 'MIKROTIK_LISTS',
    special: true,
    pattern: /^(?:local|lists|community):["-~][!-~]{0,63}$/,
    accepted: 'local:NAME, lists:NAME, community:NAME by comma, names without blanks',
    help: 'a list of its own for each group of origins (`local:NAME,lists:NAME,community:NAME`); the others stay in `MIKROTIK_BLACKLIST`',
  }),
  ipv4: setting.boolean({ env: 'MIKROTIK_IPV4', default: true, help: 'block IPv4 addresses' }),
  ipv6: setting.boolean({ env: 'MIKROTIK_IPV6', default: true, help: 'block IPv6 addresses' }),
  maxTtl: setting.duration({
    env: 'MIKROTIK_MAX_TTL',
    special: true,
    min: 1800,
    help: 'the longest that a row may have left: longer bans are lengthened in time, half-way (at least 30m; without it as long as the ban)',
  }),
  caFile: setting.file({
    env: 'MIKROTIK_CA_FILE',
    content: 'certificate',
    help: "CA (PEM) to trust for the router, beside the system's store",
  }),
  fingerprint: setting.fingerprint({
    env: 'MIKROTIK_TLS_FINGERPRINT',
    help: "SHA-256 of the router's certificate, colons optional: then only this certificate is accepted",
  }),
  insecure: setting.boolean({
    env: 'MIKROTIK_TLS_INSECURE',
    default: false,
    help: "do not verify the router's certificate; warns at every start",
  }),
  anonymous: setting.boolean({
    env: 'MIKROTIK_TLS_ANONYMOUS',
    default: false,
    help: 'for a router without a certificate: encrypted, but not authenticated; warns at every start',
  }),
  manageRules: setting.boolean({
    env: 'MIKROTIK_MANAGE_RULES',
    default: false,
    special: true,
    help: 'create the rules that stop what is in the list (one raw rule for each IP family), and keep them first and whole',
  }),
  ruleTable: setting.choice(['raw', 'filter'], {
    env: 'MIKROTIK_RULE_TABLE',
    default: 'raw',
    special: true,
    help: 'the table of those rules: raw (before connection tracking, cheapest) or filter',
  }),
  ruleChains: setting.list({
    env: 'MIKROTIK_RULE_CHAINS',
    special: true,
    defaultNote: 'raw: `prerouting`; filter: `input,forward`',
    pattern: /^[A-Za-z][\w-]{0,31}$/,
    accepted: 'names of chains by comma',
    help: 'chains in which those rules stand',
  }),
  ruleAction: setting.choice(['drop', 'reject'], {
    env: 'MIKROTIK_RULE_ACTION',
    default: 'drop',
    special: true,
    help: 'what those rules do; reject tells the sender, and needs the table filter',
  }),
  ruleLogPrefix: setting.text({
    env: 'MIKROTIK_RULE_LOG_PREFIX',
    special: true,
    pattern: NAME,
    accepted: NAME_ACCEPTED,
    help: 'those rules log what they stop, with this before each line',
  }),
  ruleOutgoing: setting.boolean({
    env: 'MIKROTIK_RULE_OUTGOING',
    default: false,
    special: true,
    help: 'a rule more, for what goes from the LAN to a listed host',
  }),
  ruleAfter: setting.text({
    env: 'MIKROTIK_RULE_AFTER',
    special: true,
    pattern: NAME,
    accepted: NAME_ACCEPTED,
    help: 'comment of the rule behind which those rules stand; without it, or when there is none, they stand first',
  }),
  wanInterfaceList: setting.text({
    env: 'MIKROTIK_WAN_INTERFACE_LIST',
    default: 'WAN',
    special: true,
    pattern: NAME,
    accepted: NAME_ACCEPTED,
    help: 'interface list by which the Internet comes in; a rule that the connector creates is limited to it, when it has members',
  }),
};

/** All values that the connector works with. */
export type MikrotikValues = Pick<CoreValues, 'dryRun' | 'maxEntries' | 'blockPrivateNetworks'> &
  ValuesOf<typeof mikrotikSettings>;
