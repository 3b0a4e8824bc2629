import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommandLine } from '@bouncer/cli';
import { systemClock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kind } from '../kind.ts';

/** The file of the user's document, as it stands there. */
const DOCUMENT = `mode: nftables
log_level: info
api_url: https://crowdsec.protected.lan/lapi/
api_key: abc123def456ghi789jkl012mno345pqr678stu901vwx234yz567
update_frequency: 10s
insecure_skip_verify: false
`;

/** What the Debian package of the Go bouncer installs, shortened by its comments. */
const PACKAGED = `mode: iptables
pid_dir: /var/run/
update_frequency: 10s
daemonize: true
log_mode: file
log_dir: /var/log/
log_level: info
log_compression: true
api_url: http://127.0.0.1:8080/
api_key: \${API_KEY}
insecure_skip_verify: false
disable_ipv6: true
deny_action: REJECT
deny_log: yes
supported_decisions_types:
  - ban
  - captcha
deny_log_prefix: "blocked: "
blacklists_ipv4: crowdsec-blacklists
blacklists_ipv6: crowdsec6-blacklists
ipset_type: nethash
iptables_chains:
  - INPUT
  - DOCKER-USER
nftables:
  ipv4: {enabled: true, set-only: false, table: crowdsec, chain: crowdsec-chain}
pf:
  anchor_name: ""
`;

interface Outcome {
  readonly code: number;
  readonly values: Readonly<Record<string, string>>;
  readonly sources: Readonly<Record<string, string>>;
  readonly warnings: string;
}

async function configOf(
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const folder = mkdtempSync(path.join(tmpdir(), 'import-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  let stdout = '';
  let stderr = '';
  const code = await runCommandLine(kind, ['config', '--json', ...args.map((arg) => arg.replace('DIR', folder))], {
    stdout: { write: (text: string) => void (stdout += text) },
    stderr: { write: (text: string) => void (stderr += text) },
    env,
    clock: systemClock,
    signal: new AbortController().signal,
    configFolder: folder,
  });
  const rows = code === 0 ? (JSON.parse(stdout) as { variable: string; value: string; source: string }[]) : [];
  return {
    code,
    values: Object.fromEntries(rows.map(({ variable, value }) => [variable, value])),
    sources: Object.fromEntries(rows.map(({ variable, source }) => [variable, source])),
    warnings: stderr,
  };
}

describe('--import', () => {
  it("reads the file of the user's document", async () => {
    const { code, values, warnings } = await configOf({ 'old.yaml': DOCUMENT }, ['--import', 'DIR/old.yaml']);
    expect(code).toBe(0);
    expect(values).toMatchObject({
      CROWDSEC_API_URL: 'https://crowdsec.protected.lan/lapi',
      CROWDSEC_BOUNCER_API_KEY: '***',
      CROWDSEC_UPDATE_FREQUENCY: '10s',
      CROWDSEC_INSECURE_SKIP_VERIFY: 'false',
      FIREWALL_MODE: 'nftables',
      FIREWALL_HOOKS: 'input,forward',
      LOG_LEVEL: 'info',
    });
    expect(warnings).toBe(
      'warning: nftables_hooks: is not given, which meant input alone; here input and forward are guarded (FIREWALL_HOOKS=input for the old way)\n',
    );
  });

  it('reads the file of the package, fills in ${API_KEY}, and names what has no equal', async () => {
    const { values, sources, warnings } = await configOf({ 'old.yaml': PACKAGED }, ['--import', 'DIR/old.yaml'], {
      API_KEY: 'key-of-the-environment',
    });
    expect(values).toMatchObject({
      CROWDSEC_API_URL: 'http://127.0.0.1:8080',
      CROWDSEC_DECISION_TYPES: 'ban,captcha',
      FIREWALL_MODE: 'iptables',
      FIREWALL_HOOKS: 'INPUT,DOCKER-USER',
      FIREWALL_IPV6: 'false',
      FIREWALL_DENY_ACTION: 'REJECT',
      FIREWALL_DENY_LOG: 'true',
      FIREWALL_LOG_PREFIX: 'blocked:',
    });
    expect(sources['FIREWALL_DENY_ACTION']).toBe('yaml deny_action');
    const keys = warnings.split('\n').map((line) => /^warning: ([\w, ]+):/.exec(line)?.[1]);
    expect(keys.filter((key) => key !== undefined).sort()).toEqual([
      'blacklists_ipv4, blacklists_ipv6',
      'log_mode',
      'pf',
    ]);
  });

  it('lets the environment count more, and a .local file more than the file', async () => {
    const { values } = await configOf(
      { 'old.yaml': DOCUMENT, 'old.yaml.local': 'update_frequency: 20s\nnftables:\n  ipv4:\n    priority: -200\n' },
      ['--import', 'DIR/old.yaml'],
      { CROWDSEC_API_URL: 'http://127.0.0.1:8080' },
    );
    expect(values).toMatchObject({
      CROWDSEC_API_URL: 'http://127.0.0.1:8080',
      CROWDSEC_UPDATE_FREQUENCY: '20s',
      FIREWALL_PRIORITY: '-200',
    });
  });

  it('takes over hooks, tables and metrics, and says what changes', async () => {
    const file = `${DOCUMENT}nftables_hooks: [input]
nftables:
  ipv4: {enabled: true, set-only: true, table: filter, chain: mychain, priority: -5}
  ipv6: {enabled: false}
prometheus: {enabled: true, listen_addr: 127.0.0.1, listen_port: 60601}
deny_action: TARPIT
novelty: 1
`;
    const { values, warnings } = await configOf({ 'old.yaml': file }, ['--import', 'DIR/old.yaml']);
    expect(values).toMatchObject({
      FIREWALL_HOOKS: 'input',
      FIREWALL_SET_ONLY: 'true',
      FIREWALL_TABLE: 'filter',
      FIREWALL_PRIORITY: '-5',
      FIREWALL_IPV6: 'false',
      FIREWALL_DENY_ACTION: 'DROP',
      HTTP_LISTEN: '127.0.0.1:60601',
    });
    for (const key of ['set-only', 'ipv4.table', 'ipv4.chain', 'prometheus', 'deny_action', 'novelty']) {
      expect(warnings).toContain(key);
    }
  });

  it.each([
    ['nftables_hooks: [input, output]', 'input,output', /output: here packets to banned/],
    [
      'nftables_hooks: [output, postrouting]',
      'input,forward,output,postrouting',
      /input and forward are guarded as well/,
    ],
    ['nftables_hooks: [prerouting, ingress]', 'prerouting', /ingress cannot be taken over/],
    ['nftables_hooks: [egress]', 'input,forward', /egress cannot be taken over[^]*input and forward are guarded/],
    ['nftables_hooks: [INPUT]', 'input', /^$/],
    ['iptables_chains: [OUTPUT]\nmode: iptables', 'INPUT,FORWARD,OUTPUT', /INPUT and FORWARD are guarded as well/],
  ])('keeps the host protected whatever hooks it names: %s', async (line, hooks, warning) => {
    const document = line.includes('mode:') ? DOCUMENT.replace(/^mode:.*$/m, '') : DOCUMENT;
    const { code, values, warnings } = await configOf({ 'old.yaml': `${document}${line}\n` }, [
      '--import',
      'DIR/old.yaml',
    ]);
    expect([code, values['FIREWALL_HOOKS']]).toEqual([0, hooks]);
    expect(warnings).toMatch(warning);
  });

  it.each([
    ['{priority: -5}', '{priority: -150}', '-150', /ipv6\.priority: is another one/],
    ['{priority: -300}', '{priority: 0}', '-300', /ipv6\.priority: is another one/],
    ['{priority: 20000}', '{priority: -7}', '-7', /ipv4\.priority: .*cannot be taken over/],
    ['{priority: raw, table: my-table}', '{}', '-10', /ipv4\.table: [^]*ipv4\.priority: /],
  ])('takes the earlier of two priorities: %s and %s', async (ipv4, ipv6, priority, warning) => {
    const file = `${DOCUMENT}nftables_hooks: [input]\nnftables:\n  ipv4: ${ipv4}\n  ipv6: ${ipv6}\n`;
    const { code, values, warnings } = await configOf({ 'old.yaml': file }, ['--import', 'DIR/old.yaml']);
    expect([code, values['FIREWALL_PRIORITY']]).toEqual([0, priority]);
    expect(warnings).toMatch(warning);
  });

  it('takes over a unix socket of LAPI', async () => {
    const file = DOCUMENT.replace(/^api_url:.*$/m, 'api_url: /run/crowdsec_lapi.sock');
    const { code, values } = await configOf({ 'old.yaml': file }, ['--import', 'DIR/old.yaml']);
    expect([code, values['CROWDSEC_API_URL']]).toEqual([0, 'unix:///run/crowdsec_lapi.sock']);
  });

  it.each([
    ['mode: pf\n', /FIREWALL_MODE.*pf.*accepted: nftables, iptables/],
    [`${DOCUMENT}api_key: twice\n`, /old\.yaml:7: is not a YAML file/],
    ['just text', /is not a YAML file of keys and values/],
    ['crowdsec:\n  api_url: http://a\n', /does not look like the configuration of the Go/],
    ['mode: nftables\napi_url: http://a\napi_key: ${API_KEY}\n', /CROWDSEC_BOUNCER_API_KEY.*line 3.*\$\{\.\.\.\}/],
  ])('refuses %j with exit code 2', async (text, problem) => {
    const { code, warnings } = await configOf({ 'old.yaml': text }, ['--import', 'DIR/old.yaml']);
    expect(code).toBe(2);
    expect(warnings).toMatch(problem);
  });

  it('says that there is no such file', async () => {
    const { code, warnings } = await configOf({}, ['--import', 'DIR/old.yaml']);
    expect([code, warnings.includes('old.yaml: cannot read')]).toEqual([2, true]);
  });
});

describe('the default place of the YAML file, which is that of the Go bouncer as well', () => {
  it('takes a file of the Go bouncer for what it is, and says so', async () => {
    const { code, values, warnings } = await configOf({ 'crowdsec-firewall-bouncer.yaml': DOCUMENT });
    expect([code, values['CROWDSEC_API_URL']]).toEqual([0, 'https://crowdsec.protected.lan/lapi']);
    expect(warnings).toMatch(/is the configuration of the Go crowdsec-firewall-bouncer; it is read as with --import/);
  });

  it('takes our own file for our own', async () => {
    const own = 'api_url: http://a\napi_key: k\nallowlist: 192.0.2.1\nfirewall:\n  hooks: input\n';
    const { values, warnings } = await configOf({ 'crowdsec-firewall-bouncer.yaml': own });
    expect([values['ALLOWLIST'], values['FIREWALL_HOOKS'], warnings]).toEqual(['192.0.2.1', 'input', '']);
  });

  it('lays our own file over an imported one', async () => {
    const { values, warnings } = await configOf(
      { 'old.yaml': DOCUMENT, 'crowdsec-firewall-bouncer.yaml': 'firewall:\n  hooks: input\n' },
      ['--import', 'DIR/old.yaml'],
    );
    expect([values['FIREWALL_HOOKS'], values['FIREWALL_MODE']]).toEqual(['input', 'nftables']);
    expect(warnings).toContain('nftables_hooks');
  });
});
