import type { RenderedFile, Renderer } from '@bouncer/target';
import type { NginxValues } from '../config.ts';

/** What the settings file of the official package is made of. */
export type StockValues = Pick<
  NginxValues,
  | 'lapiUrl'
  | 'lapiKey'
  | 'lapiClientCertFile'
  | 'lapiClientKeyFile'
  | 'lapiInsecureSkipVerify'
  | 'updateFrequency'
  | 'decisionTypes'
  | 'banStatus'
  | 'maxEntries'
>;

/** Codes that the official bouncer knows; any other makes it fall back to 403. */
const KNOWN_STATUS = [400, 401, 403, 404, 405, 406, 444, 500];
/** Bytes that one decision takes in its shared dictionary, with room to grow. Measured: 168. */
const BYTES_PER_DECISION = 200;

/**
 * Settings for the official package, crowdsec-nginx-bouncer, from the same variables: for those who keep it. It pulls
 * decisions itself, so no entry is asked of this target.
 */
export function stockRenderer(values: StockValues, setup: () => string, check?: Renderer['check']): Renderer {
  let rendered: string | undefined;
  return {
    capabilities: { families: [], ranges: true, expires: false },
    // The package pulls by itself, with the same key: one of the two only may take the deltas.
    enforcesElsewhere: true,
    render() {
      rendered = values.lapiKey?.value();
      return [settingsFile(values), notesFile(values)];
    },
    recover: () => [],
    // LAPI is never asked, so nobody else notices that the key in its file was changed.
    isStale() {
      values.lapiKey?.refresh();
      return rendered !== undefined && rendered !== values.lapiKey?.value();
    },
    setup,
    ...(check && { check }),
  };
}

function settingsFile(values: StockValues): RenderedFile {
  const {
    lapiUrl,
    lapiKey,
    lapiClientCertFile,
    lapiClientKeyFile,
    lapiInsecureSkipVerify,
    updateFrequency,
    decisionTypes,
    banStatus,
  } = values;
  const takesCaptcha = decisionTypes.includes('captcha');
  const lines: (readonly [string, string | number | boolean, string?])[] = [
    ['ENABLED', true],
    ['API_URL', lapiUrl, 'without a slash at the end'],
    ...(lapiKey === undefined ? [] : [['API_KEY', lapiKey.value()] as const]),
    ...(lapiClientCertFile === undefined
      ? []
      : ([
          ['USE_TLS_AUTH', true],
          ['TLS_CLIENT_CERT', lapiClientCertFile],
          ['TLS_CLIENT_KEY', lapiClientKeyFile ?? ''],
        ] as const)),
    ['SSL_VERIFY', !lapiInsecureSkipVerify],
    ['MODE', 'stream', 'live would ask LAPI for every visitor, and lets all pass when LAPI is away'],
    ['UPDATE_FREQUENCY', Math.max(1, Math.round(updateFrequency))],
    ['REQUEST_TIMEOUT', 15_000, 'milliseconds; with the 3000 of the package a long list is never read'],
    ['ENABLE_INTERNAL', true, 'without it a request that went through `rewrite ... last` is not checked'],
    ['BOUNCING_ON_TYPE', takesCaptcha ? 'all' : 'ban', 'all would also block decisions of type allow'],
    ['FALLBACK_REMEDIATION', 'ban'],
    ['RET_CODE', KNOWN_STATUS.includes(banStatus) ? banStatus : 403],
  ];
  const text = lines.map(([key, value, why]) => `${why === undefined ? '' : `# ${why}\n`}${key}=${value}\n`).join('');
  return { path: 'crowdsec-nginx-bouncer.conf', bytes: Buffer.from(text), reload: true, mode: 0o600 };
}

function notesFile({ maxEntries }: StockValues): RenderedFile {
  const megabytes = Math.max(50, Math.ceil(((maxEntries ?? 250_000) * BYTES_PER_DECISION) / 1024 / 1024));
  const text = `# Written by crowdsec-nginx-bouncer. What the official package needs beside its settings, and does not say:
# - It resolves the host of LAPI by itself and does not look into /etc/hosts: give NGINX a resolver in the http block,
#     resolver 127.0.0.53 ipv6=off;    (or the address of your DNS server)
# - A private CA: add it to /etc/ssl/certs/ca-certificates.crt (update-ca-certificates), and in the http block
#     lua_ssl_verify_depth 2;
# - In /etc/nginx/conf.d/crowdsec_nginx.conf the dictionary must hold the whole list, or bans fall out of it in silence:
#     lua_shared_dict crowdsec_cache ${megabytes}m;
#   The package overwrites that file when it is updated.
# - A decision with a fraction of a second in its duration never ends (library 1.0.14), a range with host bits never
#   matches, and after one answer that is no JSON it stops pulling until NGINX is restarted. NGINX_MODE=lua has none
#   of these.
`;
  return { path: 'crowdsec-nginx-extra.conf', bytes: Buffer.from(text) };
}
