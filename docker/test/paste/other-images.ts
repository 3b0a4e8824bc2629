import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { crowdsecRoot, realLapiAvailable } from '@bouncer/sandbox';
import type { Engine } from '../engine/engine.ts';
import { cacheFolder, unpackDebian, unpackedOnce } from '../engine/unpacked.ts';
import { base, imageFrom, placeProgram } from '../images.ts';

/** Why the images beside ours cannot be made here; undefined when they can. */
export async function otherImagesMissing(): Promise<string | undefined> {
  const lapi = await realLapiAvailable();
  if (!lapi.ok) return lapi.reason;
  try {
    await unpackedOnce(cacheFolder('prometheus'), (folder) => unpackDebian(folder, ['prometheus']));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const crowdsecConfig = `common: {daemonize: false, log_media: stdout, log_level: info}
config_paths:
  config_dir: /etc/crowdsec/
  data_dir: /var/lib/crowdsec/data/
  simulation_path: /etc/crowdsec/simulation.yaml
  hub_dir: /etc/crowdsec/hub/
  index_path: /etc/crowdsec/hub/.index.json
  notification_dir: /etc/crowdsec/notifications/
  plugin_dir: /etc/crowdsec/plugins/
cscli: {output: human, color: "no", hub_branch: master}
crowdsec_service: {acquisition_dir: /etc/crowdsec/acquis.d}
db_config: {type: sqlite, db_path: /var/lib/crowdsec/data/crowdsec.db, use_wal: true}
api:
  client: {credentials_path: /etc/crowdsec/local_api_credentials.yaml}
  server:
    enable: true
    listen_uri: 0.0.0.0:8080
    profiles_path: /etc/crowdsec/profiles.yaml
    console_path: /etc/crowdsec/console.yaml
    trusted_ips: [127.0.0.1]
prometheus: {enabled: false}
`;

/**
 * What docker_start.sh of the official image does with keys, as far as everything.yaml needs it: each /run/secrets/bouncer_key*
 * is registered under its name behind the first `_`. No hub, so no collection is installed and no log is read.
 */
const crowdsecStart = `#!/bin/sh
set -e
if [ ! -s /etc/crowdsec/local_api_credentials.yaml ]; then
  cscli machines add localhost --auto --force --url http://127.0.0.1:8080 --file /etc/crowdsec/local_api_credentials.yaml
fi
for file in /run/secrets/bouncer_key*; do
  read -r key < "$file" || true
  name=\${file##*/}
  cscli bouncers add "\${name#*_}" --key "$key" || echo "\${name#*_} is registered"
done
exec crowdsec -no-cs -no-capi
`;

/** `crowdsecurity/crowdsec` with the programs that this machine has. */
export async function makeCrowdsec(engine: Engine, tag: string): Promise<void> {
  await imageFrom(
    engine,
    tag,
    async (root) => {
      for (const name of ['hub', 'notifications', 'plugins', 'acquis.d'])
        await mkdir(path.join(root, 'etc/crowdsec', name), { recursive: true });
      for (const name of ['tmp', 'var/lib/crowdsec/data']) await mkdir(path.join(root, name), { recursive: true });
      const files = {
        'config.yaml': crowdsecConfig,
        'profiles.yaml':
          'name: default_ip_remediation\nfilters: [Alert.Remediation == true]\ndecisions: [{type: ban, duration: 4h}]\non_success: break\n',
        'simulation.yaml': 'simulation: false\n',
        'hub/.index.json': '{"scenarios":{}}\n',
        'local_api_credentials.yaml': '',
      };
      for (const [name, text] of Object.entries(files)) await writeFile(path.join(root, 'etc/crowdsec', name), text);
      await writeFile(path.join(root, 'docker_start.sh'), crowdsecStart);
      await chmod(path.join(root, 'docker_start.sh'), 0o755);
      for (const name of ['crowdsec', 'cscli'])
        await placeProgram(root, path.join(crowdsecRoot(), 'usr/bin', name), `/usr/local/bin/${name}`);
      await placeProgram(root, '/bin/sh', '/bin/sh');
    },
    ['ENTRYPOINT ["/docker_start.sh"]'],
  );
}

/** `prom/prometheus` with Debian's program, started as theirs is. */
export async function makePrometheus(engine: Engine, tag: string): Promise<void> {
  await imageFrom(
    engine,
    tag,
    async (root) => {
      await placeProgram(root, path.join(cacheFolder('prometheus'), 'usr/bin/prometheus'), '/bin/prometheus');
      for (const name of ['tmp', 'prometheus', 'etc/prometheus'])
        await mkdir(path.join(root, name), { recursive: true });
    },
    [
      'ENTRYPOINT ["/bin/prometheus"]',
      'CMD ["--config.file=/etc/prometheus/prometheus.yml","--storage.tsdb.path=/prometheus"]',
    ],
  );
}

/** In place of Grafana, which Debian lacks: a container that reads, as Grafana's user, what Grafana is given, and lives on. */
export async function makeGrafana(engine: Engine, tag: string): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-grafana-'));
  const given = ['datasources/prometheus.yaml', 'dashboards/bouncers.yaml'].map(
    (name) => `/etc/grafana/provisioning/${name}`,
  );
  const files = JSON.stringify([...given, '/etc/grafana/dashboards/bouncers.json']);
  const program = [
    "const { readFileSync } = require('node:fs')",
    `for (const file of [process.env.GF_SECURITY_ADMIN_PASSWORD__FILE, ...${files}]) if (!readFileSync(file).length) process.exit(1)`,
    "process.on('SIGTERM', () => process.exit(0))",
    "console.log('all is there')",
    'setInterval(() => {}, 1e6)',
  ].join('; ');
  try {
    await writeFile(
      path.join(folder, 'Dockerfile'),
      `FROM ${base}\nUSER 472\nENTRYPOINT ${JSON.stringify(['node', '-e', program])}\n`,
    );
    await engine.docker(['build', '--tag', tag, folder]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
