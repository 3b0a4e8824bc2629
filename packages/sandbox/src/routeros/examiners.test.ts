import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRouterOs } from './sandbox.ts';

const run = promisify(execFile);
const SCRIPTS = path.join(import.meta.dirname, 'examiners');
/** Installing comes from a registry, and may take so long. Milliseconds. */
const INSTALL_MS = 120_000;

interface Examiner {
  /** As its registry names it. */
  readonly client: string;
  /** Puts the client into a folder; gives the command that runs the script, less the port. Rejects where it cannot be had. */
  readonly install: (folder: string) => Promise<readonly [program: string, ...args: string[]]>;
  readonly env?: (folder: string) => NodeJS.ProcessEnv;
}

function python(client: string, version: string, script: string): Examiner {
  return {
    client: `${client} ${version}`,
    install: async (folder) => {
      const args = ['-m', 'pip', 'install', '--quiet', '--target', folder, `${client}==${version}`];
      await run('python3', args, { timeout: INSTALL_MS });
      return ['python3', '-P', path.join(SCRIPTS, script)];
    },
    env: (folder) => ({ PYTHONPATH: folder }),
  };
}

const examiners: readonly Examiner[] = [
  python('librouteros', '4.2.2', 'librouteros.py'),
  python('RouterOS-api', '0.21.0', 'routeros_api.py'),
  {
    client: 'mikro-routeros 1.0.4',
    install: async (folder) => {
      writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
      const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', 'mikro-routeros@1.0.4'];
      await run('npm', args, { cwd: folder, timeout: INSTALL_MS });
      const script = path.join(folder, 'mikro.cjs');
      copyFileSync(path.join(SCRIPTS, 'mikro.cjs'), script);
      return [process.execPath, script];
    },
  },
  {
    client: 'go-routeros v3.0.1',
    install: async (folder) => {
      copyFileSync(path.join(SCRIPTS, 'main.go.txt'), path.join(folder, 'main.go'));
      const options = { cwd: folder, timeout: INSTALL_MS };
      await run('go', ['mod', 'init', 'examiner'], options);
      await run('go', ['get', 'github.com/go-routeros/routeros/v3@v3.0.1'], options);
      await run('go', ['build', '-o', 'examiner', '.'], options);
      return [path.join(folder, 'examiner')];
    },
  },
];

describe('clients that others wrote for real routers find the stand-in to be one', () => {
  it.for(examiners)('$client', { timeout: 300_000 }, async ({ client, install, env }, { skip }) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'examiner-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const command = await install(folder).catch(() => skip(`${client} cannot be installed here`));
    await using router = await startRouterOs({ scanUsPerRow: 200 });
    const [program, ...args] = command;
    const more = { env: { ...process.env, ...env?.(folder) }, timeout: 60_000 };
    const { stdout } = await run(program, [...args, String(router.port)], more);
    const said = JSON.parse(stdout) as Record<string, unknown>;
    expect(said).toMatchObject({
      version: '7.20.1 (stable)',
      empty: 0,
      enabled: [['203.0.113.1', 'moved']],
      left: ['203.0.113.0/25'],
    });
    expect(said['duplicate']).toContain('already have such entry');
    expect(said['gone']).toContain('no such item');
  });
});
