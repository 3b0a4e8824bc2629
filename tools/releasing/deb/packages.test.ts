import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  Bubble,
  namespacesMissing,
  places,
  startLapi,
  startRouterOs,
  until,
  type LapiSandbox,
  type RouterOsSandbox,
} from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAppDebs, metaOf, releasedApps } from './all-debs.ts';
import { buildDeb } from './build-deb.ts';
import { DebianMachine, debianMissing } from './debian-machine.ts';
import { nodePackage, type NodeArchitecture } from './node-package.ts';

const reason = namespacesMissing() ?? (await debianMissing());
const root = path.resolve(import.meta.dirname, '../../..');
const page = await readFile(path.join(root, 'docs/debian.md'), 'utf8');
const services = releasedApps.map((app) => (app === 'bouncer' ? 'crowdsec-bouncer' : `crowdsec-bouncer-${app}`));
const settings = '/etc/crowdsec/bouncers/crowdsec-firewall-bouncer.yaml';

/** The shell lines of a section of the page, with what the reader puts in. */
function linesOf(section: string, lapi: string, key: string): string {
  const text = page.split(/^## /m).find((each) => each.startsWith(`${section}\n`)) ?? '';
  const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block);
  if (blocks.length === 0) throw new Error(`the page has no commands under ${section}`);
  const lines = blocks.join('').replaceAll('https://crowdsec.protected.lan/lapi', lapi).replace('KEY|', `${key}|`);
  return `set -e; cd /packages\n${lines}`.replace(/^apt /gm, 'cd /packages; apt-get -y ');
}

describe.skipIf(reason !== undefined)(`the Debian packages (${reason ?? 'ready'})`, () => {
  let folder: string;
  let bubble: Bubble;
  let lapi: LapiSandbox;
  let router: RouterOsSandbox;
  let machine: DebianMachine;
  let fresh: string;
  const url = (): string => lapi.url.replace('127.0.0.1', places.lapi);
  const status = async (port: number): Promise<string> => {
    const script = `fetch('http://127.0.0.1:${port}/status.json').then((a) => a.text()).then(console.log, () => {})`;
    return (await machine.sh(`/usr/lib/crowdsec-bouncer/node -e "${script}"`)).output;
  };
  /** Files, users and services: what a trace would be one of. Logs and the package manager's own notes are Debian's. */
  const traces = async (): Promise<string> => {
    const outside = [
      '/proc',
      '/sys',
      '/run',
      '/tmp',
      '/dev',
      '/packages',
      '/var/log',
      '/var/cache',
      '/var/lib/dpkg/info',
    ];
    const skipped = outside.map((place) => `-path ${place} -prune -o`).join(' ');
    const commands = [
      `find / ${skipped} -print | grep -v '/var/lib/\\(apt\\|dpkg\\|systemd/random\\)' | sort`,
      'cut -d: -f1 /etc/passwd /etc/group',
      'nft list tables',
      'dpkg -l | grep crowdsec',
    ];
    return (await machine.sh(commands.join('; '))).output;
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'debs-'));
    bubble = await Bubble.create();
    lapi = await startLapi({
      decisions: [{ value: '203.0.113.7', duration: 3600, origin: 'cscli', scenario: 'manual' }],
    });
    router = await startRouterOs({ serviceTimeMs: 0 });
    for (const family of [4, 6] as const)
      router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec' });
    await bubble.expose(places.lapi, lapi.port);
    await bubble.expose(places.device, router.port);
    const meta = metaOf();
    const options = { into: folder, meta, compression: 1 };
    const files = await buildAppDebs(releasedApps, options);
    // Any Node that is new enough will do for this one.
    const parts = { node: await readFile(process.execPath), licence: Buffer.from('the licence of Node.js\n') };
    const architecture: NodeArchitecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const node = await buildDeb(nodePackage(architecture, parts, meta), {
      ...options,
      epoch: meta.epoch,
      compression: 0,
    });
    machine = await DebianMachine.boot(bubble.inside.name);
    const packages = path.join(machine.root, 'packages');
    await mkdir(packages);
    for (const file of [...files, node]) await copyFile(file, path.join(packages, path.basename(file)));
    fresh = await traces();
  });
  afterAll(async () => {
    await machine[Symbol.asyncDispose]();
    await lapi.close();
    await router.close();
    await bubble[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('are installed by the page, ask nothing and start nothing', async () => {
    const all = await machine.sh('cd /packages; apt-get -y install ./*.deb');
    expect(all.code, all.output).toBe(0);
    for (const service of services) {
      const { output } = await machine.sh(`systemctl is-active ${service}; systemctl is-enabled ${service}`);
      expect(output, service).toBe('inactive\ndisabled\n');
    }
    const unconfigured = await machine.sh('crowdsec-bouncer-mikrotik check');
    expect(unconfigured.code, unconfigured.output).toBe(2);
    expect(unconfigured.output).toContain('CROWDSEC_API_URL');
  });

  it('have units without a mistake, and of few rights', async () => {
    for (const service of services) {
      const verified = await machine.sh(`systemd-analyze verify --man=no ${service}.service`);
      expect(verified, service).toEqual({ code: 0, output: '' });
      // 10 is no protection at all; what is left is the network, which is their work, and memory that Node compiles into.
      const rated = await machine.sh(`systemd-analyze security --no-pager --threshold=25 ${service}.service`);
      expect(rated.code, rated.output).toBe(0);
    }
  });

  it('protect the host after what the page says', async () => {
    const started = await machine.sh(linesOf('Start', url(), lapi.key));
    expect(started.code, started.output).toBe(0);
    await until('it protects', async () => (await status(9460)).includes('"verdict":"protecting"'));
    expect((await machine.sh('nft list table inet crowdsec')).output).toContain('203.0.113.7');
    expect((await machine.sh(`stat -c '%U %G %a' ${settings}`)).output).toBe('root crowdsec-bouncer-firewall 640\n');
    expect((await machine.sh('stat -c %U /proc/$(systemctl show -P MainPID crowdsec-bouncer-firewall)')).output).toBe(
      'crowdsec-bouncer-firewall\n',
    );
  });

  it('keep a router, and a folder for NGINX, as services without any right', async () => {
    const core = `crowdsec: { api_url: "${url()}", bouncer_api_key: ${lapi.key} }`;
    const device = `host: "${places.device}:${router.port}", user: crowdsec, password: secret, tls: false`;
    const files = {
      mikrotik: `${core}\nhttp_listen: 127.0.0.1:9470\nmikrotik: { ${device} }`,
      nginx: `${core}\nhttp_listen: 127.0.0.1:9471\nnginx: { output_dir: /var/lib/crowdsec-bouncer-nginx }`,
    };
    for (const [kind, text] of Object.entries(files)) {
      const started = await machine.sh(
        `echo '${text}' >/etc/crowdsec/bouncers/crowdsec-${kind}-bouncer.yaml; systemctl start crowdsec-bouncer-${kind}`,
      );
      expect(started.code, started.output).toBe(0);
    }
    await until('the router has it', () =>
      router.rows(undefined, 'crowdsec').some(({ address }) => address === '203.0.113.7'),
    );
    const there = 'runuser -u nobody -- test -s /var/lib/crowdsec-bouncer-nginx/decisions.bin';
    await until('NGINX could read it', async () => (await machine.sh(there)).code === 0);
  });

  it('do not start again and again with wrong settings', async () => {
    await machine.sh('echo "nonsense: true" >/etc/crowdsec/bouncers/crowdsec-traefik-bouncer.yaml');
    await machine.sh('systemctl start crowdsec-bouncer-traefik');
    const unit = 'systemctl show --property=Result,NRestarts,ExecMainStatus crowdsec-bouncer-traefik';
    await until('it has failed', async () => (await machine.sh(unit)).output.includes('Result=exit-code'));
    expect((await machine.sh(unit)).output).toContain('NRestarts=0\n');
    expect((await machine.sh(unit)).output).toContain('ExecMainStatus=2\n');
  });

  it('are upgraded without a question, a lost setting or a gap', async () => {
    const pid = async (): Promise<string> =>
      (await machine.sh('systemctl show -p MainPID crowdsec-bouncer-firewall')).output;
    const before = [await pid(), (await machine.sh(`cat ${settings}`)).output];
    const [newer = ''] = await buildAppDebs(['firewall'], {
      into: folder,
      meta: metaOf('99.0.0-rc.1'),
      compression: 1,
    });
    await machine.sh('rm /packages/crowdsec-bouncer-firewall_*');
    await copyFile(newer, path.join(machine.root, 'packages', path.basename(newer)));
    // A stop that took the table away would leave a mark here.
    const watch = 'nft monitor destroy tables >/tmp/destroyed 2>&1 & echo $! >/tmp/pid';
    await machine.sh(watch);
    const upgraded = await machine.sh(linesOf('Upgrade', url(), lapi.key));
    expect(upgraded.code, upgraded.output).toBe(0);
    expect((await machine.sh("dpkg-query -W -f '${Version}' crowdsec-bouncer-firewall")).output).toBe('99.0.0~rc.1');
    expect(await pid()).not.toBe(before[0]);
    await until('it protects', async () => (await status(9460)).includes('"verdict":"protecting"'));
    expect((await machine.sh(`cat ${settings}`)).output).toBe(before[1]);
    expect((await machine.sh('kill $(cat /tmp/pid); cat /tmp/destroyed')).output).toBe('');
    expect((await machine.sh('systemctl is-enabled crowdsec-bouncer-firewall')).output).toBe('enabled\n');
  });

  it('go without a trace', async () => {
    const others = services.filter((name) => name !== 'crowdsec-bouncer-firewall').join(' ');
    const [remove = '', purge = ''] = linesOf('Remove', url(), lapi.key).split('\n').slice(1);
    const removed = await machine.sh(remove);
    expect(removed.code, removed.output).toBe(0);
    const left = await machine.sh(`ls ${settings}; systemctl is-active crowdsec-bouncer-firewall; nft list tables`);
    expect(left.output).toBe(`${settings}\ninactive\n`);
    // apt keeps what others need.
    const purged = await machine.sh(`apt-get -y purge ${others}; ${purge}`);
    expect(purged.code, purged.output).toBe(0);
    expect(await traces()).toBe(fresh);
  });
});
