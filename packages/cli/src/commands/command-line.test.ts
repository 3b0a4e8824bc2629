import { ConfigError } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { commandTable } from './command-table.ts';
import { MemoryTarget } from '@bouncer/target';
import { memoryConnector, runCommand } from './testing.ts';
import { version } from '../runtime/version.ts';

const enough = {
  CROWDSEC_API_URL: 'http://127.0.0.1:1',
  CROWDSEC_BOUNCER_API_KEY: 'key-of-config',
  MEMORY_PASSWORD: 'pw-of-config',
};

describe('usage', () => {
  it.each([
    [
      ['plann'],
      'usage: unknown command "plann"; accepted: run, sync, plan, check, setup, purge, config, healthcheck; did you mean plan?\n',
    ],
    [['plan', 'now'], 'usage: plan takes no argument, but got "now"\n'],
    [['--jsn'], /^usage: unknown option '--jsn'[^\n]*\n$/],
    [['run', '--json'], /^usage: unknown option '--json'[^\n]*\n$/],
    [['plan', '--accept-removals'], /^usage: unknown option '--accept-removals'[^\n]*\n$/],
    [['plan', '--config'], /^usage: option '-c, --config <file>' argument missing\n$/],
  ])('%j is refused in one line with exit code 2', async (args, line) => {
    const { code, stdout, stderr } = await runCommand(args, enough);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(line);
  });

  it.each([[['--help']], [['plan', '--help']], [['help']]])('%j helps', async (args) => {
    const { code, stdout, stderr } = await runCommand(args, {});
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('--config');
  });

  it.each([[['--version']], [['sync', '--version']]])('%j tells type and version', async (args) => {
    expect(await runCommand(args, {})).toMatchObject({ code: 0, stdout: `crowdsec-memory-bouncer v${version}\n` });
  });
});

describe('bad configuration', () => {
  it.each(commandTable.map(({ name }) => name))(
    '%s ends with 2, a line for each problem and no stack',
    async (name) => {
      const { code, stdout, stderr } = await runCommand([name], { MEMORY_MODE: 'x' });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(
        stderr
          .trimEnd()
          .split('\n')
          .map((line) => line.split(':')[0])
          .sort(),
      ).toEqual(['CROWDSEC_API_URL', 'CROWDSEC_BOUNCER_API_KEY', 'MEMORY_MODE']);
    },
  );

  it('that only the target can tell ends with 2 as well', async () => {
    const connector = {
      ...memoryConnector(),
      createTargets: () => {
        throw new ConfigError('MEMORY_KEY: is damaged', { hint: 'make a new one' });
      },
    };
    const { code, stderr } = await runCommand(['sync'], enough, connector);
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'sync: MEMORY_KEY: is damaged\nfix: make a new one\n' });
  });
});

describe('config', () => {
  it('shows values and sources, stars for secrets, and warnings apart', async () => {
    const { code, stdout, stderr } = await runCommand(['config'], { ...enough, MEMORY_MOED: 'x' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^MEMORY_PASSWORD +\*\*\* +environment MEMORY_PASSWORD$/m);
    expect(stdout).toMatch(/^CROWDSEC_UPDATE_FREQUENCY +10s +default$/m);
    expect(stderr).toBe('warning: MEMORY_MOED: is not a setting and is ignored; did you mean MEMORY_MODE?\n');
    expect(stdout + stderr).not.toMatch(/key-of-config|pw-of-config/);
  });

  it('gives JSON and the schema of the file', async () => {
    const json = await runCommand(['config', '--json'], enough);
    expect(JSON.parse(json.stdout)).toContainEqual({ variable: 'MEMORY_MODE', value: 'plain', source: 'default' });
    const schema = await runCommand(['config', '--schema'], {});
    expect(JSON.parse(schema.stdout)).toMatchObject({
      title: 'crowdsec-memory-bouncer.yaml',
      additionalProperties: false,
    });
  });
});

describe('setup --apply', () => {
  class Applying extends MemoryTarget {
    readonly calls: boolean[] = [];
    applySetup(dry: boolean): Promise<string> {
      this.calls.push(dry);
      return Promise.resolve(dry ? 'alias: new' : 'written');
    }
  }

  it('shows what it will write, then writes it; a dry run only shows', async () => {
    const target = new Applying();
    const { code, stdout } = await runCommand(
      ['setup', '--apply'],
      enough,
      memoryConnector([target, new MemoryTarget({ name: 'other' })]),
    );
    expect(code).toBe(0);
    expect(stdout).toBe(
      'memory: to be written\nalias: new\nmemory: done\nwritten\nother: nothing can be set up from here; see `setup`\n',
    );
    expect(target.calls).toEqual([true, false]);
    const dry = new Applying();
    await runCommand(['setup', '--apply'], { ...enough, DRY_RUN: 'true' }, memoryConnector([dry]));
    expect(dry.calls).toEqual([true]);
  });

  it('is not for other commands', async () => {
    expect((await runCommand(['sync', '--apply'], enough)).code).toBe(2);
  });
});

describe('setup --remove', () => {
  class Telling extends MemoryTarget {
    setupRemoval(): string {
      return '# memory: the rule\n/rule remove\n';
    }
  }

  it('prints what the target says is to be pasted, and where there is nothing says so', async () => {
    const targets = [new Telling(), new MemoryTarget({ name: 'other' })];
    const { code, stdout } = await runCommand(['setup', '--remove'], enough, memoryConnector(targets));
    expect([code, stdout]).toEqual([
      0,
      '# memory: the rule\n/rule remove\nother: nothing can be taken back from here; see its README\n',
    ]);
  });
});

describe('setup', () => {
  it('prints what the target says, and nothing else', async () => {
    expect(await runCommand(['setup'], enough)).toEqual({ code: 0, stdout: 'Nothing to set up.\n', stderr: '' });
  });
});
