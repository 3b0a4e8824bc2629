import { Secret } from '@bouncer/target';
import type { TraefikValues } from './config.ts';
import { newestPlugin } from './options/plugin-table.ts';
import type { Version } from './options/version.ts';

// For tests of this package only.

const values = {
  lapiUrl: 'https://crowdsec.protected.lan/lapi',
  lapiKey: new Secret('abc123'),
  lapiInsecureSkipVerify: false,
  updateFrequency: 10,
  allowlist: [],
  blockPrivateNetworks: true,
  mode: 'plugin',
  outputDir: '/output',
  version: [3, 7, 0] as Version,
  pluginVersion: newestPlugin,
  format: 'yaml',
  middleware: 'crowdsec',
  alias: 'crowdsec',
  plugin: {},
  localPlugin: false,
  listen: 'off',
  listenTls: 'off',
  address: 'http://crowdsec-traefik-bouncer:9461',
  trustedProxies: [],
  entryPoints: [],
  tcpEntryPoints: [],
  untilFirstPull: 'open',
};

/** Settings as the loader would give them, with some of them changed. */
export function sampleValues(more: Partial<TraefikValues> = {}): TraefikValues {
  return { ...values, ...more } as unknown as TraefikValues;
}
