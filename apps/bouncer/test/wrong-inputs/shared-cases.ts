import { firstWord, suchAs, type SettingCase } from './setting-case.ts';

/** What all kinds share, beside LAPI. */
export const sharedCases: readonly SettingCase[] = [
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
