import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { cacheFolder, runs, unpackedPackage } from './unpacked-package.ts';

/** Prometheus' own checker, or why there is none. */
export type Promtool =
  | { readonly ok: true; run(args: readonly string[], input?: string): Promise<PromtoolResult> }
  | { readonly ok: false; readonly reason: string };

/** How a run of it ended. */
export interface PromtoolResult {
  readonly code: number;
  /** Both its streams. */
  readonly output: string;
}

/** Finds promtool in the path, else in Debian's prometheus, which the first call downloads (23 MB) and unpacks. */
export async function findPromtool(): Promise<Promtool> {
  if (await runs('promtool', '--version')) return promtoolAt('promtool');
  const root = cacheFolder('prometheus');
  const unpacked = await unpackedPackage({ name: 'prometheus', root, programs: ['promtool'] });
  return unpacked.ok ? promtoolAt(join(root, 'usr/bin/promtool')) : unpacked;
}

function promtoolAt(program: string): Promtool {
  return {
    ok: true,
    run: (args, input = '') =>
      new Promise((resolve) => {
        const child = execFile(program, args, (error, stdout, stderr) => {
          const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0;
          resolve({ code, output: stdout + stderr });
        });
        child.stdin?.end(input);
      }),
  };
}
