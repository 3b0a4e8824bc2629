import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { packFolder } from './archive.ts';

const chart = path.resolve(import.meta.dirname, '../../docker/helm/crowdsec-bouncer');

/** How the chart is packed. */
export interface ChartOptions {
  readonly into: string;
  /** Of chart and images. */
  readonly version: string;
  /** Time of every file in it, in seconds since 1970. */
  readonly epoch: number;
}

/** Packs the chart as `helm package` does, but with the same bytes every time and without helm; the path of the archive. */
export async function packChart({ into, version, epoch }: ChartOptions): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-chart-'));
  try {
    const copy = path.join(folder, 'crowdsec-bouncer');
    await cp(chart, copy, { recursive: true });
    const file = path.join(copy, 'Chart.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/^(version|appVersion): .*$/gm, `$1: ${version}`));
    const target = path.resolve(into, `crowdsec-bouncer-${version}.tgz`);
    await packFolder({ from: folder, name: 'crowdsec-bouncer', target, epoch });
    return target;
  } finally {
    await rm(folder, { recursive: true });
  }
}
