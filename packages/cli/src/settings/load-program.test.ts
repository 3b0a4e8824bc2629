import { ConfigError } from '@bouncer/stream';
import { MemoryTarget, defineKind, setting, type Kind } from '@bouncer/target';
import { expect, it, describe } from 'vitest';
import { programOf, type Program } from '../runtime/program.ts';
import { configRows } from './config-report.ts';
import { loadProgram } from './load-program.ts';
import { tempFolder } from './testing.ts';

const wall = defineKind({
  name: 'wall',
  type: 'crowdsec-wall-bouncer',
  title: 'Wall',
  summary: 'A wall.',
  maxEntries: 500,
  settings: {
    host: setting.hosts({ env: 'WALL_HOST', required: true, help: 'where it is' }),
    password: setting.secret({ env: 'WALL_PASSWORD', aliases: ['WALL_PASS'], required: true, help: 'password' }),
    tls: setting.boolean({ env: 'WALL_TLS', default: true, help: 'encrypt' }),
    caFile: setting.file({ env: 'WALL_CA_FILE', content: 'certificate', help: 'CA' }),
    captcha: setting.choice(['a', 'b'], { env: 'CAPTCHA_PROVIDER', help: 'shared by kinds' }),
  },
  deviceHosts: () => [],
  validate: ({ tls, caFile }) =>
    !tls && caFile !== undefined ? [{ variable: 'WALL_CA_FILE', problem: 'needs WALL_TLS=true' }] : [],
  createTargets: () => [new MemoryTarget()],
});
const gate = defineKind({
  name: 'gate',
  type: 'crowdsec-gate-bouncer',
  title: 'Gate',
  summary: 'A gate.',
  settings: { host: setting.text({ env: 'GATE_HOST', default: '/gate', help: 'where' }) },
  deviceHosts: () => [],
  createTargets: () => [new MemoryTarget()],
});
const loaded: string[] = [];
const several: Program = {
  type: 'crowdsec-bouncer',
  title: 'Several',
  summary: 'All.',
  kinds: { wall: late(wall), gate: late(gate) },
};

function late(kind: Kind): () => Promise<Kind> {
  return () => {
    loaded.push(kind.name);
    return Promise.resolve(kind);
  };
}

const core = { CROWDSEC_API_URL: 'http://127.0.0.1:8080', CROWDSEC_BOUNCER_API_KEY: 'key-abc123def456' };

function load(text: string, env: Record<string, string> = {}, program: Program = several) {
  const folder = tempFolder();
  const file = text === '' ? undefined : folder.write('c.yaml', text);
  return loadProgram(program, { env: { ...core, ...env }, configFile: file, configFolder: '/nowhere' }).finally(() => {
    folder[Symbol.dispose]();
  });
}

async function problems(text: string, env: Record<string, string> = {}, program?: Program): Promise<string> {
  const error: unknown = await load(text, env, program).catch((reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw new Error('the settings have loaded', { cause: error });
  return error.message.replaceAll(/\/\S+\/c\.yaml/g, 'c.yaml');
}

const good = (more = ''): string => `targets:\n  - kind: wall\n    host: r1\n    password: pw-secret-1\n${more}`;

describe('targets:', () => {
  it('gives each target its own values, a name, and what it has over all others', async () => {
    const { targets, values } = await load(
      `allowlist: 192.0.2.1\nmax_entries: 90\n${good('    name: office\n    max_entries: 7\n    decision_types: [ban, captcha]\n    dry_run: true\n    allowlist: 198.51.100.0/24\n')}  - { kind: wall, host: r2, pass: pw-secret-2 }\n  - kind: gate\n  - { kind: wall, host: r3, password: x }\n`,
    );
    expect(targets.map(({ name }) => name)).toEqual(['office', 'wall', 'gate', 'wall-2']);
    expect(targets[0]!.values).toMatchObject({
      maxEntries: 7,
      decisionTypes: ['ban', 'captcha'],
      dryRun: true,
      allowlist: ['192.0.2.1', '198.51.100.0/24'],
      host: [{ host: 'r1' }],
    });
    expect(targets[1]!.values).toMatchObject({
      maxEntries: 90,
      decisionTypes: ['ban'],
      dryRun: false,
      allowlist: ['192.0.2.1'],
    });
    expect(targets[2]!.values).toMatchObject({ host: '/gate' });
    expect(values).toMatchObject({ maxEntries: 90, allowlist: ['192.0.2.1'] });
  });

  it('shows each value with its source, and no secret', async () => {
    const program = await load(good('    max_entries: 7\n'));
    const rows = configRows(program);
    expect(rows).toContainEqual({ variable: 'targets[0].password', value: '***', source: 'yaml targets[0].password' });
    expect(rows).toContainEqual({ variable: 'targets[0].tls', value: 'true', source: 'default' });
    expect(rows).toContainEqual({
      variable: 'targets[0].max_entries',
      value: '7',
      source: 'yaml targets[0].max_entries',
    });
    expect(JSON.stringify(rows)).not.toContain('pw-secret-1');
    expect(program.redactor.hide('pw-secret-1')).toBe('***');
  });

  it('reads a secret from a file, and again after a refusal', async () => {
    using folder = tempFolder();
    const file = folder.write('password', 'first-one\n');
    const { targets } = await load(`targets:\n  - { kind: wall, host: r1, password_file: ${file} }\n`);
    const password = targets[0]!.values as unknown as { password: { value(): string; refresh(): boolean } };
    expect(password.password.value()).toBe('first-one');
    folder.write('password', 'second-one\n');
    expect(password.password.refresh()).toBe(true);
    expect(password.password.value()).toBe('second-one');
  });

  it('takes what kinds share from the environment, unless the target has its own', async () => {
    const { targets, warnings } = await load(
      `${good('    captcha_provider: b\n')}  - { kind: wall, host: r2, password: x }\n`,
      {
        CAPTCHA_PROVIDER: 'a',
        WALL_TLS: 'false',
      },
    );
    expect(targets.map(({ values }) => (values as unknown as { captcha: string }).captcha)).toEqual(['b', 'a']);
    expect(targets[0]!.values).toMatchObject({ tls: true });
    expect(warnings.join()).toMatch(/^WALL_TLS: is ignored: the targets are those of /);
  });

  it('is taken by the image of one kind, whose kind goes without saying', async () => {
    const { targets } = await load('targets:\n  - { host: r1, password: x }\n', {}, programOf(wall));
    expect(targets).toMatchObject([{ name: 'wall', values: { maxEntries: 500 } }]);
    expect(await problems('targets: [{ kind: gate }]', {}, programOf(wall))).toContain('accepted: wall');
  });

  it('loads the kinds that it names and no other', async () => {
    loaded.length = 0;
    await load('targets: [{ kind: gate }]');
    expect(new Set(loaded)).toEqual(new Set(['gate']));
  });

  it.each<[string, string, string, Record<string, string>?]>([
    ['no target', 'targets: []', 'c.yaml: has no target'],
    ['no list', 'targets: wall', 'c.yaml:1: targets must be a list'],
    ['no group', 'targets:\n  - wall', 'c.yaml:2: targets[0] must be a group'],
    ['no kind', 'targets:\n  - host: r1', 'targets[0].kind (line 2): is missing; accepted: wall, gate'],
    [
      'an unknown kind',
      good('  - kind: gats\n'),
      'targets[1].kind (line 5): "gats" is no kind of this image (did you mean gate?); accepted: wall, gate',
    ],
    ['a kind of the prototype', 'targets:\n  - kind: constructor', '"constructor" is no kind of this image'],
    ['an unknown key', good('    hots: r2\n'), 'targets[0].hots (line 5): unknown key; did you mean host?'],
    ['a key with its prefix', good('    wall_tls: true\n'), 'targets[0].wall_tls (line 5): unknown key'],
    ['a key of all', good('    log_level: debug\n'), 'targets[0].log_level (line 5): unknown key'],
    ['a missing value', 'targets:\n  - kind: wall\n    host: r1', 'targets[0].password (line 2): is missing'],
    ['a bad value', good('    tls: maybe\n'), 'targets[0].tls (line 5): '],
    [
      'a bad host',
      'targets:\n  - kind: gate\n  - kind: wall\n    password: x\n    host: "a b:c"',
      'targets[1].host (line 5): ',
    ],
    ['a bad limit', good('    max_entries: 0\n'), 'targets[0].max_entries (line 5): '],
    ['a bad dry run', good('    dry_run: perhaps\n'), 'targets[0].dry_run (line 5): '],
    ['a bad allowlist', good('    allowlist: 300.1.2.3\n'), 'targets[0].allowlist (line 5): '],
    ['a placeholder', good('    captcha_provider: ${WHAT}\n'), 'targets[0].captcha_provider (line 5): holds a ${...}'],
    [
      'a missing file',
      'targets:\n  - kind: wall\n    host: r1\n    password_file: /nowhere/p',
      'targets[0].password_file (line 4): ',
    ],
    ['a group for a value', good('    tls: { on: true }\n'), 'targets[0].tls is a group'],
    ['two names of one thing', good('    pass: other\n'), 'are two names for one thing and differ'],
    [
      'a name twice',
      good('    name: x\n  - { kind: gate, name: x }\n'),
      'targets[1].name (line 6): is the name of targets[0] as well',
    ],
    ['a bad name', good('    name: "a\\u001b[0m"\n'), 'targets[0].name (line 5): '],
    ['a group beside the list', `wall:\n  tls: true\n${good()}`, 'wall and `targets:` exclude each other'],
    [
      'what does not fit together',
      good('    tls: false\n    ca_file: /etc/ssl/certs/ca-certificates.crt\n'),
      'targets[0].ca_file (line 6): needs tls=true',
    ],
    ['TARGETS as well', good(), 'TARGETS: and `targets:` of c.yaml are two names for one thing', { TARGETS: 'gate' }],
    ['no key of LAPI', good(), 'CROWDSEC_BOUNCER_API_KEY: is missing', { CROWDSEC_BOUNCER_API_KEY: '' }],
  ])('refuses %s, and says where', async (_, text, message, env) => {
    const said = await problems(text, env);
    expect(said).toContain(message);
    expect(said).not.toContain('pw-secret-1');
  });
});

describe('TARGETS', () => {
  const env = { WALL_HOST: 'r1,r2', WALL_PASSWORD: 'pw', GATE_HOST: '/here' };

  it('names kinds, each with its own variables and its own YAML group', async () => {
    const { targets, warnings } = await load('wall:\n  tls: false\n', {
      ...env,
      TARGETS: 'wall, gate',
      GATE_HSOT: '1',
    });
    expect(targets).toMatchObject([
      { name: 'wall', values: { host: [{ host: 'r1' }, { host: 'r2' }], tls: false, maxEntries: 500 } },
      { name: 'gate', values: { host: '/here' } },
    ]);
    expect(warnings).toEqual(['GATE_HSOT: is not a setting and is ignored; did you mean GATE_HOST?']);
  });

  it.each<[string, Record<string, string>, string]>([
    ['none', {}, 'TARGETS: is missing; accepted: kinds by comma (wall, gate), or a list `targets:` in the YAML file'],
    [
      'an unknown one',
      { TARGETS: 'wal' },
      'TARGETS: "wal" is no kind of this image (did you mean wall?); accepted: wall, gate',
    ],
    ['one twice', { TARGETS: 'gate,gate' }, 'TARGETS: names gate twice'],
    ['one without what it needs', { TARGETS: 'wall,gate' }, 'WALL_HOST: is missing'],
  ])('refuses %s', async (_, own, message) => {
    expect(await problems('', own)).toContain(message);
  });
});

it('leaves the image of one kind as it was', async () => {
  const { targets, values } = await load('', { WALL_HOST: 'r1', WALL_PASSWORD: 'pw' }, programOf(wall));
  expect(targets).toMatchObject([{ name: undefined, place: undefined, values: { maxEntries: 500 } }]);
  expect(targets[0]!.values).toBe(values);
});
