import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A helm that was built by `go build` takes itself for one of Kubernetes 1.20. */
const cluster = ['--kube-version', '1.30.0'];

const chartFolder = path.resolve(import.meta.dirname, '../../docker/helm/crowdsec-bouncer');

/** What `helm template` makes of the chart with these values; default: that of this checkout. Rejects with what it says. */
export async function helmTemplate(
  helm: string,
  release: string,
  values: unknown,
  chart = chartFolder,
): Promise<string> {
  return withValues(values, async (file) => {
    const { stdout } = await run(helm, ['template', release, chart, '--values', file, ...cluster]);
    return stdout;
  });
}

/** Rejects with what `helm lint` says of the chart with these values. */
export async function helmLint(helm: string, values: unknown): Promise<void> {
  await withValues(values, (file) => run(helm, ['lint', '--strict', chartFolder, '--values', file, ...cluster]));
}

async function withValues<T>(values: unknown, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-values-'));
  try {
    const file = path.join(folder, 'values.yaml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(values));
    return await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
