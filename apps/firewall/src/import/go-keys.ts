/** Keys of the Go bouncer that mean the same as a variable of ours, values included. */
export const PLAIN_KEYS: Readonly<Record<string, string>> = {
  api_url: 'CROWDSEC_API_URL',
  api_key: 'CROWDSEC_BOUNCER_API_KEY',
  cert_path: 'CROWDSEC_CLIENT_CERT_FILE',
  key_path: 'CROWDSEC_CLIENT_KEY_FILE',
  ca_cert_path: 'CROWDSEC_CA_FILE',
  insecure_skip_verify: 'CROWDSEC_INSECURE_SKIP_VERIFY',
  update_frequency: 'CROWDSEC_UPDATE_FREQUENCY',
  log_level: 'LOG_LEVEL',
  deny_log: 'FIREWALL_DENY_LOG',
  deny_log_prefix: 'FIREWALL_LOG_PREFIX',
  supported_decisions_types: 'CROWDSEC_DECISION_TYPES',
  origins: 'CROWDSEC_ORIGINS',
  scenarios_containing: 'CROWDSEC_SCENARIOS_CONTAINING',
  scenarios_not_containing: 'CROWDSEC_SCENARIOS_NOT_CONTAINING',
};

/** Keys that are translated elsewhere, or that change nothing a user could see. */
export const SILENT_KEYS: readonly string[] = [
  'mode',
  'disable_ipv4',
  'disable_ipv6',
  'deny_action',
  'blacklists_ipv4',
  'blacklists_ipv6',
  'ipset_size',
  'iptables_chains',
  'iptables_v4_chains',
  'iptables_v6_chains',
  'nftables',
  'nftables_hooks',
  'prometheus',
  // Ours always tries again.
  'retry_initial_connect',
  'log_compression',
  'log_max_size',
  'log_max_files',
  'log_max_backups',
  'log_max_age',
];

/** Keys without an equal: what is said unless the value is a standard one. */
export const WITHOUT_EQUAL: Readonly<Record<string, { readonly text: string; readonly standard: readonly string[] }>> =
  {
    log_mode: { text: 'logs go to standard output (journalctl, docker logs)', standard: ['stdout'] },
    log_dir: { text: 'logs go to standard output (journalctl, docker logs)', standard: ['/var/log/', '/var/log'] },
    scopes: {
      text: 'has no equal: addresses and ranges are blocked, whatever scope they come with',
      standard: ['ip,range'],
    },
    ipset_type: { text: 'has no equal: sets are of type hash:net, which holds ranges as well', standard: ['nethash'] },
    ipset_disable_timeouts: { text: 'has no equal: every entry has its own end in the kernel', standard: ['false'] },
    iptables_add_rule_comments: { text: 'has no equal: rules are identified by their comment', standard: ['true'] },
    pf: { text: 'is about the firewall of BSD and is ignored', standard: [] },
    daemonize: { text: 'has no equal: it runs in the foreground', standard: ['false', 'true'] },
    pid_dir: { text: 'has no equal: there is no PID file', standard: ['/var/run/'] },
  };
