import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Postgres } from './postgres.ts';

/** TLS of a real LAPI; PEM texts. The server's certificate must name 127.0.0.1. */
export interface RealLapiTls {
  readonly cert: string;
  readonly key: string;
  /** CA of the server's certificate (cscli trusts it) and of client certificates. */
  readonly ca: string;
  /** Organisational units whose client certificates count as bouncers. */
  readonly allowedOu?: readonly string[];
}

/** What the configuration is made of. */
export interface ConfigurationOptions {
  readonly folder: string;
  readonly port: number;
  readonly tls?: RealLapiTls | undefined;
  /** A unix socket that it listens on as well. */
  readonly socket?: string | undefined;
  /** Where `cscli metrics` asks. Without it LAPI has no other listener, and `cscli metrics` refuses. */
  readonly metricsPort?: number | undefined;
  /** Its database; a file of its own when absent. */
  readonly postgres?: Postgres | undefined;
  /** Its AppSec, where it has one. */
  readonly appsec?: RealAppsecOptions | undefined;
}

/** What AppSec needs beside LAPI. */
export interface RealAppsecOptions {
  /** Where it listens. */
  readonly port: number;
  /** A tree of the public hub repository, with its .index.json. */
  readonly hub: string;
  /** Where crowdsec's own files are: `etc/crowdsec/patterns` in it. */
  readonly root: string;
}

/** Name and password of the machine that cscli speaks as. They reach a LAPI on loopback and nothing else. */
export const machine = { name: 'sandbox', password: 'sandbox-machine' } as const;

/**
 * Writes all files of a LAPI that stands alone: no log processor, no hub, no Central API (there is no online_client
 * section), no listener but its own ports. Returns the path of config.yaml.
 */
export async function writeConfiguration(options: ConfigurationOptions): Promise<string> {
  const { folder, port, tls, socket, metricsPort, postgres } = options;
  for (const name of ['data', 'hub', 'notifications', 'plugins']) await mkdir(join(folder, name), { recursive: true });
  const file = (name: string): string => join(folder, name);
  if (tls) {
    await writeFile(file('server.pem'), tls.cert);
    await writeFile(file('server.key'), tls.key, { mode: 0o600 });
    await writeFile(file('ca.pem'), tls.ca);
  }
  const tlsLines = tls
    ? `    tls:
      cert_file: ${file('server.pem')}
      key_file: ${file('server.key')}
      ca_cert_path: ${file('ca.pem')}
      bouncers_allowed_ou: [${(tls.allowedOu ?? ['bouncer-ou']).join(', ')}]
      agents_allowed_ou: [agent-ou]
`
    : '';
  const prometheus =
    metricsPort === undefined
      ? '{enabled: false}'
      : `{enabled: true, level: full, listen_addr: 127.0.0.1, listen_port: ${metricsPort}}`;
  const database = postgres
    ? `type: postgresql, host: 127.0.0.1, port: ${postgres.port}, user: ${postgres.user}, password: ${postgres.password}, db_name: ${postgres.database}, sslmode: disable`
    : `type: sqlite, db_path: ${file('data/crowdsec.db')}, use_wal: true`;
  await writeFile(
    file('config.yaml'),
    `common: {daemonize: false, log_media: stdout, log_level: info, working_dir: .}
config_paths:
  config_dir: ${folder}/
  data_dir: ${file('data')}/
  simulation_path: ${file('simulation.yaml')}
  hub_dir: ${file('hub')}/
  index_path: ${file('hub/.index.json')}
  notification_dir: ${file('notifications')}/
  plugin_dir: ${file('plugins')}/
cscli: {output: human, color: "no", hub_branch: master}
crowdsec_service: {acquisition_dir: ${file('acquis')}}
db_config: {log_level: info, ${database}}
api:
  client: {insecure_skip_verify: false, credentials_path: ${file('local_api_credentials.yaml')}}
  server:
    enable: true
    log_level: info
    listen_uri: 127.0.0.1:${port}
${socket === undefined ? '' : `    listen_socket: ${socket}\n`}    profiles_path: ${file('profiles.yaml')}
    console_path: ${file('console.yaml')}
    trusted_ips: [127.0.0.1]
${tlsLines}prometheus: ${prometheus}
`,
  );
  await writeFile(
    file('profiles.yaml'),
    `name: default_ip_remediation
filters: ['Alert.Remediation == true && Alert.GetScope() == "Ip"']
decisions: [{type: ban, duration: 4h}]
on_success: break
`,
  );
  await writeFile(file('simulation.yaml'), 'simulation: false\n');
  await writeFile(file('hub/.index.json'), '{}\n');
  if (options.appsec) await writeAppsec(folder, options.appsec);
  // cscli does not start without this file, although it is the one who fills it.
  await writeFile(file('local_api_credentials.yaml'), '');
  return file('config.yaml');
}

/** The hub as a folder, so that nothing is asked outside, and an acquisition that listens. */
async function writeAppsec(folder: string, { port, hub, root }: RealAppsecOptions): Promise<void> {
  await cp(hub, join(folder, 'hub'), { recursive: true, filter: (path) => !path.endsWith('/.git') });
  await cp(join(root, 'etc/crowdsec/patterns'), join(folder, 'patterns'), { recursive: true });
  await mkdir(join(folder, 'acquis'), { recursive: true });
  await writeFile(
    join(folder, 'acquis/appsec.yaml'),
    `source: appsec
listen_addr: 127.0.0.1:${port}
appsec_configs: [crowdsecurity/appsec-default]
labels: {type: appsec}
`,
  );
}

/** How cscli logs in; written over what `cscli machines add` wrote, which knows nothing of TLS. */
export async function writeCredentials({ folder, port, tls }: ConfigurationOptions): Promise<void> {
  const lines = [
    `url: ${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    `login: ${machine.name}`,
    `password: ${machine.password}`,
    ...(tls ? [`ca_cert_path: ${join(folder, 'ca.pem')}`] : []),
  ];
  await writeFile(join(folder, 'local_api_credentials.yaml'), `${lines.join('\n')}\n`, { mode: 0o600 });
}
