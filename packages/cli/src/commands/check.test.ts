import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryTarget, type CheckStep } from '@bouncer/target';
import { runCommandLine } from './command-line.ts';
import { environmentFor, memoryConnector, runCommand, screen, startFakeLapi, testKey } from './testing.ts';
import type { FakeLapi } from './testing.ts';

class TalkingTarget extends MemoryTarget {
  override async *check(): AsyncIterable<CheckStep> {
    yield* super.check();
    yield { ok: false, level: 'fail', step: 'login', seen: `refused ${testKey}`, fix: 'give the right password' };
    throw new Error('and then it broke');
  }
}

let lapi: FakeLapi;
beforeEach(async () => {
  lapi = await startFakeLapi('/lapi');
  lapi.bans.push('203.0.113.7', '198.51.100.0/24', '10.0.0.1');
});
afterEach(() => lapi[Symbol.asyncDispose]());

const environment = () => ({ ...environmentFor(lapi), HTTP_LISTEN: 'off' });

/** `ok dns`, `FAIL path` ... in the order printed. */
function verdicts(stdout: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => /^(ok|warn|FAIL) /.test(line))
    .map((line) => line.split(' ').slice(0, 2).join(' '));
}

describe('check', () => {
  it('passes every step in order, reads decisions only, and writes nothing', async () => {
    const target = new MemoryTarget();
    const { code, stdout, stderr } = await runCommand(['check'], environment(), memoryConnector([target]));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const steps = ['configuration', 'dns', 'tcp', 'tls', 'path', 'api-key', 'pull', 'instance', 'memory'];
    expect(verdicts(stdout)).toEqual(steps.map((step) => `${step === 'instance' ? 'warn' : 'ok'} ${step}`));
    expect(stdout).toContain(
      'ok pull 3 decisions: origin cscli 3; type ban 3; 1 ranges; 1 skipped: never blocked (private) 1\n',
    );
    expect(stdout).toContain('ok tls not used');
    expect(lapi.requests).toEqual(['HEAD /lapi/v1/decisions', 'GET /lapi/v1/decisions']);
    expect(target.rows.size).toBe(0);
  });

  it('FAILs when a filter lets nothing through, and says so in its last line', async () => {
    const { code, stdout } = await runCommand(['check'], { ...environment(), CROWDSEC_ORIGINS: 'CAPPI' });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^FAIL pull none of 3 decisions passes .*origins seen: cscli 3.*\n  fix: .*CROWDSEC_ORIGINS/m,
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^Not protecting: 1 of \d+ steps FAIL \(pull\)/);
  });

  it('warns of an empty LAPI, of a dry run and of a page that is open to all', async () => {
    lapi.bans.length = 0;
    const env = { ...environment(), DRY_RUN: 'true', HTTP_LISTEN: '0.0.0.0:1', KUBERNETES_SERVICE_HOST: undefined };
    const { code, stdout } = await runCommand(['check'], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warn pull no decisions at present.*\n  fix: /m);
    expect(stdout).toMatch(/^warn configuration .*DRY_RUN/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^Nothing fails, but not all/);
  });

  it('has a heading for LAPI, for this connector and for each target, and the verdict last', async () => {
    const targets = [new MemoryTarget({ name: 'a' }), new MemoryTarget({ name: 'b' })];
    const { stdout } = await runCommand(['check'], environment(), memoryConnector(targets));
    const headings = stdout.split('\n').filter((line) => line !== '' && !/^(ok|warn|FAIL|  fix:) /.test(line));
    expect(headings.slice(0, -1)).toEqual(['Settings', `LAPI ${lapi.url}`, 'This connector', 'a', 'b']);
    expect(headings.at(-1)).toMatch(/^Nothing fails/);
    expect(stdout).not.toContain('\u001b');
  });

  it('colours a terminal alone, and not where NO_COLOR is set', async () => {
    for (const [isTTY, more, coloured] of [
      [true, {}, true],
      [true, { NO_COLOR: '1' }, false],
      [false, {}, false],
    ] as const) {
      const shown = screen({ ...environment(), ...more });
      await runCommandLine(memoryConnector(), ['check'], { ...shown.io, stdout: { ...shown.io.stdout, isTTY } });
      expect(shown.stdout().includes('\u001b[32mok\u001b[0m path ')).toBe(coloured);
    }
  });

  it.each(['/v1', '/v1/decisions', '/v1/decisions/stream'])('knows %s at the end of the address', async (end) => {
    const { code, stdout } = await runCommand(['check'], { ...environment(), CROWDSEC_API_URL: `${lapi.url}${end}` });
    expect(code).toBe(1);
    expect(stdout).toContain(`  fix: take it off the end: CROWDSEC_API_URL=${lapi.url}\n`);
    const { code: mended } = await runCommand(['check'], { ...environment(), CROWDSEC_API_URL: lapi.url });
    expect(mended).toBe(0);
  });

  it('keeps scheme and port in what it guesses, so that the guess works', async () => {
    const origin = lapi.url.replace('/lapi', '');
    const { stdout } = await runCommand(['check'], { ...environment(), CROWDSEC_API_URL: origin });
    const [, guess = ''] = /it is often \/lapi: (\S+)/.exec(stdout) ?? [];
    expect(guess).toBe(lapi.url);
  });

  it('says what is wrong before its answer in words, not in JSON, unless that is asked for', async () => {
    const env = { ...environment(), CROWDSEC_INSECURE_SKIP_VERIFY: 'true', CROWDSEC_ORIGIN: 'CAPI' };
    const plain = await runCommand(['check'], env);
    expect(plain.stderr).toMatch(/^\d\d:\d\d:\d\d warn /);
    const json = await runCommand(['check'], { ...env, LOG_FORMAT: 'json' });
    expect(json.stderr).toMatch(/^\{"level":"warn"/);
  });

  it('prints JSON alone for machines', async () => {
    const { code, stdout } = await runCommand(['check', '--json'], environment());
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      steps: expect.arrayContaining([
        { ok: true, level: 'ok', step: 'api-key', seen: 'the key is accepted' },
      ]) as unknown,
    });
  });

  it.each([401, 403])(
    'takes %i for a wrong key and says how to make one; the device is looked at all the same',
    async (status) => {
      lapi.status = status;
      const { code, stdout } = await runCommand(['check'], environment());
      expect(code).toBe(1);
      expect(stdout).toMatch(
        new RegExp(`^FAIL api-key LAPI answers ${status}.*\\n  fix: .*cscli bouncers add my-memory`, 'm'),
      );
      expect(verdicts(stdout).slice(-3)).toEqual(['FAIL api-key', 'warn instance', 'ok memory']);
    },
  );

  it('guesses the path when there is nothing', async () => {
    const env = { ...environment(), CROWDSEC_API_URL: lapi.url.replace('/lapi', '') };
    const { code, stdout } = await runCommand(['check'], env);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL path 404 not found: .*\/v1\/decisions\n  fix: .*\/lapi/m);
    expect(stdout).not.toContain('api-key');
  });

  it.each([
    [302, 'redirects'],
    [502, 'answers 502'],
    [400, '400 bad request'],
  ])('says what a status %i means', async (status, words) => {
    lapi.status = status;
    const { stdout } = await runCommand(['check'], environment());
    expect(stdout).toMatch(new RegExp(`^FAIL path .*${words}.*\\n  fix: `, 'm'));
  });

  it('stops at a port that is closed', async () => {
    const { stdout } = await runCommand(['check'], { ...environment(), CROWDSEC_API_URL: 'http://127.0.0.1:1' });
    expect(verdicts(stdout)).toEqual(['ok configuration', 'ok dns', 'FAIL tcp', 'warn instance', 'ok memory']);
    expect(stdout).toContain('FAIL tcp connection refused: 127.0.0.1 port 1\n  fix: open TCP port 1');
  });

  it('names each device when there are several, hides secrets, and survives one that breaks', async () => {
    const targets = [new TalkingTarget({ name: 'a' }), new MemoryTarget({ name: 'b' })];
    const { code, stdout } = await runCommand(['check'], environment(), memoryConnector(targets));
    expect(code).toBe(1);
    expect(stdout).toContain('ok a: memory 0 entries\nFAIL a: login refused ***\n  fix: give the right password\n');
    expect(stdout).toContain('FAIL a: device and then it broke\n  fix: run it again with LOG_LEVEL=debug');
    expect(stdout).toContain('ok b: memory 0 entries\n');
  });

  it('explains an empty last_pull while nothing runs', async () => {
    const { code, stdout } = await runCommand(['check'], { ...environmentFor(lapi), HTTP_LISTEN: '127.0.0.1:1' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warn instance none answers here .*last_pull.*stays empty/m);
  });
});
