import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommandLine } from '@bouncer/cli';
import { freePort, startLapi, startRouterOs, type LapiSandbox, type RouterOsSandbox } from '@bouncer/sandbox';
import { systemClock } from '@bouncer/stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bouncer } from '../src/bouncer.ts';

const BANS = ['203.0.113.7', '203.0.113.8', '2001:db9::1'];

let lapi: LapiSandbox;
let office: RouterOsSandbox;
let branch: RouterOsSandbox;
let folder: string;
let ports: readonly number[];

beforeEach(async () => {
  lapi = await startLapi({ decisions: BANS.map((value) => ({ value, duration: 3600 })) });
  [office, branch] = await Promise.all([startRouterOs(), startRouterOs()]);
  folder = mkdtempSync(path.join(tmpdir(), 'commands-'));
  mkdirSync(place('nginx'));
  mkdirSync(place('traefik'));
  ports = [await freePort(), await freePort()];
});
afterEach(async () => {
  await Promise.all([lapi.close(), office.close(), branch.close()]);
  rmSync(folder, { recursive: true });
});

function place(name: string): string {
  return path.join(folder, name);
}

function router(name: string, { host, port }: RouterOsSandbox, more = ''): string {
  return `  - { kind: mikrotik, name: ${name}, host: "${host}:${port}", user: crowdsec, password: secret, tls: false${more} }\n`;
}

/** Two routers, files for NGINX, forward-auth and a served list; `branch` is asked last. */
function targets(more = ''): string {
  return `targets:
${router('office', office)}  - { kind: nginx, name: site, output_dir: ${place('nginx')} }
  - { kind: traefik, name: gate, mode: forwardauth, trusted_proxies: 127.0.0.1, listen: "127.0.0.1:${ports[0] ?? 0}", output_dir: ${place('traefik')} }
  - { kind: pfsense, name: wall, mode: serve, listen: "127.0.0.1:${ports[1] ?? 0}" }
${router('branch', branch, more)}`;
}

/** One command of crowdsec-bouncer in this process. */
async function command(line: string, yaml = targets()) {
  const said = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof said) => ({ write: (text: string) => void (said[name] += text) });
  writeFileSync(place('bouncer.yaml'), yaml);
  const code = await runCommandLine(bouncer, [...line.split(' '), '--config', place('bouncer.yaml')], {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      HTTP_LISTEN: 'off',
      LOG_LEVEL: 'error',
    },
    clock: systemClock,
    signal: new AbortController().signal,
    configFolder: '/nowhere',
  });
  return { code, ...said };
}

function heldBy(device: RouterOsSandbox): number {
  return device.rows(undefined, 'crowdsec').length;
}

describe('sync, plan and purge of several targets', () => {
  it('tell each by its name; a plan writes nothing, a purge leaves nothing', async () => {
    const plan = await command('plan');
    expect([plan.code, plan.stderr]).toEqual([0, '']);
    expect(plan.stdout.match(/^\w+: create \d/gm)).toEqual(
      ['office', 'site', 'gate', 'wall', 'branch'].map((name) => `${name}: create 3`),
    );
    expect([heldBy(office), readdirSync(place('nginx'))]).toEqual([0, []]);

    const sync = await command('sync --json');
    expect(JSON.parse(sync.stdout)).toMatchObject({
      ok: true,
      targets: ['office', 'site', 'gate', 'wall', 'branch'].map((target) => ({ target, ok: true, entries: 3 })),
    });
    expect([sync.code, heldBy(office), heldBy(branch)]).toEqual([0, 3, 3]);
    const again = JSON.parse((await command('plan --json')).stdout) as object;
    expect(again).toMatchObject({ create: 3 + 3, update: 0, delete: 0 });

    const purge = await command('purge');
    expect([purge.code, purge.stderr]).toEqual([0, '']);
    for (const name of ['office', 'site', 'branch']) expect(purge.stdout).toContain(`${name}: 3 entries removed`);
    expect([heldBy(office), heldBy(branch)]).toEqual([0, 0]);
  });

  it('go on with the others when one is away, and name it', async () => {
    await branch.refuse();
    const plan = await command('plan');
    expect(plan.code).toBe(1);
    expect(plan.stdout.match(/^\w+(?=: create 3)/gm)).toEqual(['office', 'site', 'gate', 'wall']);
    expect(plan.stderr).toMatch(/^branch: .*connection refused.*\nfix: .+\n$/);
    const json = JSON.parse((await command('plan --json')).stdout) as {
      create: number;
      targets: object[];
    };
    expect([json.create, json.targets.length]).toEqual([4 * 3, 5]);
    expect(json.targets[4]).toMatchObject({
      target: 'branch',
      error: expect.stringContaining('connection refused') as string,
      fix: expect.stringContaining('/ip/service') as string,
    });
    const sync = await command('sync');
    expect([sync.code, heldBy(office)]).toEqual([1, 3]);
    expect(sync.stdout.match(/^\w+(?=: in step, 3 entries)/gm)).toEqual(['office', 'site', 'gate', 'wall']);
    expect(sync.stderr).toMatch(/^branch: not in step: .*connection refused.*\nfix: .+\n$/);
    const purge = await command('purge');
    expect([purge.code, heldBy(office)]).toEqual([1, 0]);
    expect(purge.stderr).toMatch(/^branch: 0 entries removed, then failed: .*connection refused/);
    await branch.listen();
  });

  it('write nothing on the one that is a dry run', async () => {
    const yaml = targets(', dry_run: true');
    expect((await command('sync', yaml)).code).toBe(0);
    expect([heldBy(office), heldBy(branch)]).toEqual([3, 0]);
    const purge = await command('purge', yaml);
    expect([purge.code, heldBy(office)]).toEqual([1, 0]);
    expect(purge.stderr).toContain('branch: 0 entries removed, then failed: nothing removed, DRY_RUN is set for it');
  });
});

describe('check of several targets', () => {
  it('has the steps of each under its name, and goes on when one is away', async () => {
    await command('sync');
    await branch.refuse();
    const { code, stdout } = await command('check --json');
    const { ok, steps } = JSON.parse(stdout) as { ok: boolean; steps: { level: string; step: string; fix?: string }[] };
    expect([code, ok]).toEqual([1, false]);
    const stepsOf = (name: string) => steps.filter(({ step }) => step.startsWith(`${name}: `));
    for (const name of ['office', 'site', 'gate', 'wall', 'branch'])
      expect([name, stepsOf(name).length > 0]).toEqual([name, true]);
    expect(stepsOf('branch')).toContainEqual(expect.objectContaining({ level: 'fail', step: 'branch: tcp' }));
    expect(stepsOf('office')).toContainEqual(expect.objectContaining({ level: 'ok', step: 'office: login' }));
    await branch.listen();
  });

  it('gives --file to the kind that knows it, and says so under that name', async () => {
    const file = place('dynamic.yml');
    writeFileSync(
      file,
      'http:\n  middlewares:\n    crowdsec:\n      plugin:\n        bouncer:\n          crowdsecMode: stream\n          crowdsecLapiKey: x\n',
    );
    const { stdout } = await command(`check --file ${file}`);
    expect(stdout).toMatch(new RegExp(`^(ok|warn|FAIL) +gate: lint .*${file.replaceAll('.', '\\.')}`, 'm'));
    expect(stdout).not.toMatch(/^(ok|warn|FAIL) +(office|site|wall|branch): lint/m);
  });
});

describe('setup and config of several targets', () => {
  it('print what belongs to each under its name', async () => {
    const { code, stdout } = await command('setup');
    expect(code).toBe(0);
    const parts = stdout.split(/^# ----- (\w+) -----$/m).slice(1);
    expect(parts.filter((_, index) => index % 2 === 0)).toEqual(['office', 'site', 'gate', 'wall', 'branch']);
    expect(parts[1]).toContain('/user');
    expect(parts[3]).toContain(place('nginx'));
    expect(parts[5]).toContain(place('traefik'));
    expect(stdout).not.toContain('secret\n');
  });

  it('apply, where it is offered, names who has nothing to apply', async () => {
    const { stdout } = await command('setup --apply');
    expect(stdout).toContain('site: nothing can be set up from here');
  });

  it('show each value by the place in the list, and no secret', async () => {
    const { stdout } = await command('config --json');
    expect(stdout).toContain('targets[4].name');
    expect(stdout).not.toContain('"secret"');
    expect(readFileSync(place('bouncer.yaml'), 'utf8')).toContain('secret');
  });
});

describe('wrong settings', () => {
  it.each([
    ['a value', `targets:\n  - { kind: nginx, name: site, mode: luna }\n`, /^targets\[0\]\.mode \(line 2\): "luna"/m],
    [
      'what does not fit together',
      `targets:\n  - { kind: nginx, name: a, output_dir: /tmp }\n  - { kind: traefik, name: gate, mode: forwardauth }\n`,
      /^targets\[1\]\.trusted_proxies \(line 3\): /m,
    ],
    [
      'one that another program asks LAPI for',
      `targets:\n  - { kind: traefik, name: gate }\n  - { kind: nginx, name: site, output_dir: /tmp }\n`,
      /gate: .*another program asks LAPI/,
    ],
  ])('name the target: %s; exit 2, and nothing is contacted', async (_, yaml, message) => {
    for (const line of ['check', 'plan', 'purge', 'setup', 'sync', 'run']) {
      const { code, stderr } = await command(line, yaml);
      expect([line, code]).toEqual([line, 2]);
      expect(stderr).toMatch(message);
    }
    expect(lapi.requests.all).toEqual([]);
  });
});
