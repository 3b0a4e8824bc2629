import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeConnector } from './new-connector.ts';

const root = path.resolve(import.meta.dirname, '..');
/** Of no kind here, nor of one that somebody is just making: CONTRIBUTING.md has them try `acme`. */
const NAME = 'specimen';

/** As much of a checkout as a connector stands on; its packages are those of this one. */
function checkout(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'new-connector-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.base.json', 'vitest.config.ts', 'tools/kinds.ts'])
    cpSync(path.join(root, file), path.join(folder, file));
  mkdirSync(path.join(folder, 'apps'));
  return folder;
}

const linesOf = (folder: string, file: string): string[] => readFileSync(path.join(folder, file), 'utf8').split('\n');

/** The lines of a file that this checkout has not. */
function added(folder: string, file: string): string[] {
  const before = linesOf(root, file);
  const after = linesOf(folder, file);
  const rest = [...before];
  return after.filter((line) => {
    const place = rest.indexOf(line);
    if (place !== -1) rest.splice(place, 1);
    return place === -1;
  });
}

describe('a new connector', () => {
  it('typechecks and passes its tests as it stands, contract included', async () => {
    const folder = checkout();
    await makeConnector(folder, NAME);
    const app = path.join(folder, `apps/${NAME}`);
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const run = (program: string, ...args: string[]) => {
      const { status, stdout } = spawnSync(path.join(root, 'node_modules/.bin', program), args, {
        cwd: app,
        encoding: 'utf8',
        env: { ...process.env, CI: 'true' },
      });
      return { status, stdout };
    };
    expect(run('tsc', '-p', '.')).toEqual({ status: 0, stdout: '' });
    const { status, stdout } = run('vitest', 'run', '--config', '../../vitest.config.ts', '--root', '.');
    expect(status, stdout).toBe(0);
  }, 300_000);

  it('holds its own name and no trace of the template', async () => {
    const folder = checkout();
    await makeConnector(folder, NAME);
    const files = readdirSync(path.join(folder, `apps/${NAME}`), { recursive: true, withFileTypes: true });
    const texts = files
      .filter((file) => file.isFile())
      .map((file) => readFileSync(path.join(file.parentPath, file.name), 'utf8'));
    expect(texts.length).toBeGreaterThan(8);
    expect(texts.filter((text) => /example/i.test(text))).toEqual([]);
  });

  it('touches two files outside its folder: a line in the list of kinds, and its workspace in the lockfile', async () => {
    const folder = checkout();
    await makeConnector(folder, NAME);
    expect(added(folder, 'tools/kinds.ts')).toEqual([
      `  ${NAME}: async () => (await import('../apps/${NAME}/src/kind.ts')).kind,`,
    ]);
    expect(linesOf(folder, 'tools/kinds.ts').length).toBe(linesOf(root, 'tools/kinds.ts').length + 1);
    const lock = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, unknown>;
    };
    const { [`apps/${NAME}`]: workspace, [`node_modules/@bouncer/${NAME}`]: link, ...others } = lock.packages;
    expect([workspace, link]).toMatchObject([{ name: `@bouncer/${NAME}` }, { resolved: `apps/${NAME}`, link: true }]);
    const before = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as typeof lock;
    // The order counts as well: npm would put it right, and touch the file again.
    expect(JSON.stringify(others)).toBe(JSON.stringify(before.packages));
  });

  it.each(['', 'Acme', 'a', '1password', 'ac-me', '../evil', 'engine', 'constructor and more'])(
    'cannot be called %j',
    async (name) => {
      const folder = checkout();
      mkdirSync(path.join(folder, 'packages/engine'), { recursive: true });
      await expect(makeConnector(folder, name)).rejects.toThrow();
      expect(readdirSync(path.join(folder, 'apps'))).toEqual([]);
    },
  );
});
