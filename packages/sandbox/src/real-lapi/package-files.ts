import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, runs, unpackedPackage } from '../debian/unpacked-package.ts';
import type { PackageAvailability } from '../debian/unpacked-package.ts';
import { generationOf } from '../lapi/generation.ts';
import type { LapiGeneration } from '../lapi/generation.ts';

const run = promisify(execFile);

/** Whether a real LAPI can be started here; if not, why, in words for a report of skipped tests. */
export type RealLapiAvailability = PackageAvailability;

/**
 * Where usr/bin/crowdsec and usr/bin/cscli are: CROWDSEC_ROOT (any version that somebody has), else `.cache/crowdsec` of
 * this checkout, where Debian's is unpacked.
 */
export function crowdsecRoot(): string {
  return process.env['CROWDSEC_ROOT'] ?? cacheFolder('crowdsec');
}

/** Which generation of LAPI the programs there are. */
export async function realLapiGeneration(): Promise<LapiGeneration> {
  const { stdout, stderr } = await run(join(crowdsecRoot(), 'usr/bin/crowdsec'), ['-version']);
  return generationOf(/version: (\S+)/.exec(stdout + stderr)?.[1] ?? '');
}

/** Why no real LAPI of 1.6.4 or later can be started here; undefined when one can. */
export async function recentLapiMissing(): Promise<string | undefined> {
  const available = await realLapiAvailable();
  if (!available.ok) return available.reason;
  if ((await realLapiGeneration()) !== '1.4') return undefined;
  return "Debian's is 1.4.6; CROWDSEC_ROOT may name a newer one";
}

/** A tree of the public hub repository: CROWDSEC_HUB. Empty when it is not given. */
export function crowdsecHub(): string {
  return process.env['CROWDSEC_HUB'] ?? '';
}

/** Why no real AppSec can be started here; undefined when one can. */
export async function realAppsecMissing(): Promise<string | undefined> {
  if (process.env['CROWDSEC_ROOT'] === undefined) return 'CROWDSEC_ROOT names no CrowdSec of 1.7 or later';
  const hub = join(crowdsecHub(), '.index.json');
  if (crowdsecHub() === '' || !(await runs('test', '-r', hub)))
    return 'CROWDSEC_HUB names no tree of the hub repository';
  return recentLapiMissing();
}

let availability: Promise<RealLapiAvailability> | undefined;

/**
 * Makes sure that Debian's crowdsec is unpacked, and tells whether it runs. The first call may download 32 MB by apt-get;
 * the package is unpacked, never installed: its scripts would register the machine with CrowdSec's Central API.
 */
export function realLapiAvailable(): Promise<RealLapiAvailability> {
  availability ??= prepare();
  return availability;
}

async function prepare(): Promise<RealLapiAvailability> {
  const root = crowdsecRoot();
  const program = join(root, 'usr/bin/crowdsec');
  if (process.env['CROWDSEC_ROOT'] === undefined) {
    const unpacked = await unpackedPackage({ name: 'crowdsec', root, programs: ['crowdsec', 'cscli'] });
    if (!unpacked.ok) return unpacked;
  } else if (!(await runs('test', '-x', program))) {
    return { ok: false, reason: 'CROWDSEC_ROOT holds no usr/bin/crowdsec' };
  }
  if (await runs(program, '-version')) return { ok: true };
  return { ok: false, reason: 'the crowdsec program does not run here; it needs glibc 2.34 and libsqlite3' };
}
