/** Options that every image but the firewall's must do with. */
export const hardened = [
  ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--memory', '128m', '--memory-swap', '128m', '--pids-limit', '64'],
];

/** Polls and health checks every second: nobody waits for a test. */
export const quick = ['-e', 'CROWDSEC_UPDATE_FREQUENCY=1s', '--health-interval', '1s'];
