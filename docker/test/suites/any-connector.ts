import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { must, run } from '../engine/run.ts';
import { hardened } from '../hardened.ts';
import { bundleOf, imageOf } from '../images.ts';

/** Documented ceiling of what an image adds to its base, in bytes. */
const addedLimit = 8_000_000;

interface ImageFacts {
  readonly Config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly StopSignal: string;
    readonly Healthcheck: { readonly Test: readonly string[] };
    readonly Labels: Readonly<Record<string, string>>;
  };
}

/** What holds for every connector's image, without a device. */
export function anyConnector(app: string, engine: () => Engine): void {
  const image = imageOf(app);
  const inHardened = (...args: readonly string[]): ReturnType<Engine['try']> =>
    engine().try(['run', '--rm', ...hardened, image, ...args]);

  describe(`the image of ${app}`, () => {
    it('says what it is and how it runs', async () => {
      const [facts] = JSON.parse(await engine().docker(['image', 'inspect', image])) as ImageFacts[];
      const config = facts!.Config;
      expect(config).toMatchObject({
        User: app === 'firewall' ? '0:0' : '65532:65532',
        Cmd: ['run'],
        StopSignal: 'SIGTERM',
      });
      expect(config.Healthcheck.Test).toEqual(['CMD', 'node', '/app/main.cjs', 'healthcheck']);
      expect(config.Env).toContain('HTTP_LISTEN=0.0.0.0:9460');
      expect(config.Labels).toMatchObject({
        'org.opencontainers.image.title': image,
        'org.opencontainers.image.licenses': 'MIT',
        'org.opencontainers.image.version': '0.0.0-test',
      });
    });

    it('is started with the memory flags that the bundle would give itself', async () => {
      const [facts] = JSON.parse(await engine().docker(['image', 'inspect', image])) as ImageFacts[];
      const own = await ownFlags(app);
      expect(facts!.Config.Entrypoint).toEqual(['node', ...own.flags, '/app/main.cjs']);
      expect(facts!.Config.Env).toContain(`MALLOC_ARENA_MAX=${own.arenas}`);
    });

    it('adds the bundle and its licences to the base, and nothing else', async () => {
      const sizes = await engine().docker(['history', '--human=false', '--format', '{{.Size}}', image]);
      const layers = sizes
        .split('\n')
        .map(Number)
        .filter((size) => size > 0);
      const added = layers.slice(0, -1).reduce((sum, size) => sum + size, 0);
      // eslint-disable-next-line no-console -- a figure for the reader of the test's output
      console.info(`${image}: ${(added / 1e6).toFixed(2)} MB above the base`);
      expect(added).toBeLessThan(addedLimit);
      const files = await filesOf(engine(), image);
      expect(files.filter((name) => name.startsWith('app/')).sort()).toEqual([
        'app/',
        'app/main.cjs',
        'app/main.cjs.LEGAL.txt',
      ]);
      expect(files.filter((name) => /(^|\/)(node_modules|npm|src)(\/|$)/.test(name))).toEqual([]);
    });

    it('ships the licence of every bundled package', async () => {
      const legal = await readFile(`${bundleOf(app)}.LEGAL.txt`, 'utf8');
      for (const name of ['Bouncer Connectors', 'axios', 'prom-client', 'pino']) {
        expect(legal).toMatch(new RegExp(`^-+\\n${name}\\b`, 'm'));
      }
    });

    it('runs with nothing to write to and no rights', async () => {
      expect(await inHardened('--version')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(image) as string,
      });
      expect(await inHardened('--help')).toMatchObject({ code: 0 });
    });

    it('has its commands as words, for `docker exec NAME check`', async () => {
      for (const word of ['check', 'config', 'plan', 'purge', 'setup', 'sync']) {
        const { code, stderr } = await engine().try(['run', '--rm', ...hardened, '--entrypoint', word, image]);
        expect({ word, code }).toEqual({ word, code: 2 });
        expect(stderr).toMatch(/^(CROWDSEC_API_URL|TARGETS): is missing/m);
      }
    });

    it('names what is missing, with exit code 2', async () => {
      const { code, stderr } = await inHardened();
      expect(code).toBe(2);
      expect(stderr).toMatch(/^(CROWDSEC_API_URL|TARGETS): is missing/m);
      expect(stderr).not.toMatch(/^\s+at /m);
    });
  });
}

/** What a bundle that was started without flags runs itself again with. */
async function ownFlags(app: string): Promise<{ readonly flags: readonly string[]; readonly arenas: string }> {
  const tell = 'process.on("exit",()=>console.error(JSON.stringify([process.execArgv,process.env.MALLOC_ARENA_MAX])))';
  const env = { ...process.env, MALLOC_ARENA_MAX: undefined };
  const args = ['--import', `data:text/javascript,${tell}`, bundleOf(app), '--version'];
  const { stderr } = await run(process.execPath, args, { env });
  const [flags, arenas] = JSON.parse(stderr) as [string[], string];
  return { flags: flags.slice(2), arenas };
}

/** Names of all files that a container of the image has. */
async function filesOf(engine: Engine, image: string): Promise<string[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-export-'));
  const container = await engine.docker(['create', image]);
  try {
    const archive = path.join(folder, 'files.tar');
    await engine.docker(['export', '--output', archive, container]);
    return (await must('tar', ['--list', '--file', archive])).split('\n');
  } finally {
    await engine.docker(['rm', container]);
    await rm(folder, { recursive: true });
  }
}
