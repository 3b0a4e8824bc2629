import { applyBy, listBy } from '@bouncer/testkit';
import { mkdirSync } from 'node:fs';
import { FileTarget, type FileTargetOptions } from '@bouncer/target';
import { instantNow, parseNetwork, systemClock, type Clock, type Entry } from '@bouncer/stream';
import { readBanPage } from '../src/ban-page.ts';
import { geoRenderer } from '../src/geo/geo-renderer.ts';
import { luaRenderer } from '../src/lua/lua-renderer.ts';
import type { LuaRendererOptions } from '../src/lua/lua-renderer.ts';
import { WallClock } from '../src/wall-clock.ts';
import { RealNginx } from './real-nginx.ts';
import type { NginxOptions } from './real-nginx.ts';

/** A target of lua mode on a folder. */
export function luaTarget(
  folder: string,
  more: Partial<LuaRendererOptions> = {},
  clock: Clock = systemClock,
): FileTarget {
  mkdirSync(folder, { recursive: true });
  const renderer = luaRenderer({
    folder,
    banStatus: 403,
    banPage: readBanPage(undefined),
    onMissing: 'open',
    wallClock: new WallClock(clock),
    setup: () => 'include crowdsec.conf;\n',
    ...more,
  });
  return new FileTarget({ name: 'nginx test', renderer, folder, folderVariable: 'NGINX_OUTPUT_DIR', clock });
}

/** A target of geo mode on a folder; `commands` test and reload. */
export function geoTarget(
  folder: string,
  clock: Clock = systemClock,
  commands: Pick<FileTargetOptions, 'test' | 'reload'> = {},
): FileTarget {
  mkdirSync(folder, { recursive: true });
  const renderer = geoRenderer({
    folder,
    banStatus: 403,
    wallClock: new WallClock(clock),
    setup: () => 'include crowdsec-geo.conf;\n',
  });
  return new FileTarget({ name: 'geo test', renderer, folder, folderVariable: 'NGINX_OUTPUT_DIR', clock, ...commands });
}

/** An entry that ends so many seconds from now. */
export function ban(text: string, seconds = 3600, origin = 'cscli', scenario = 'test'): Entry {
  const network = parseNetwork(text);
  if (network === undefined) throw new Error(`${text} is no network`);
  return { network, expiresAt: instantNow(systemClock) + seconds, origin, scenario, type: 'ban' };
}

/** Makes a target hold exactly these. */
export async function hold(target: FileTarget, entries: readonly Entry[]): Promise<void> {
  const signal = new AbortController().signal;
  const wanted = new Set<string>(entries.map(({ network }) => network));
  const { held } = await listBy(target, signal);
  const gone = [...held.values()].filter(({ network }) => !wanted.has(network));
  const report = { written: () => undefined, removed: () => undefined, refused: () => undefined };
  await applyBy(target, { create: entries, update: [], delete: gone }, report, signal);
}

/** A running NGINX that includes crowdsec.conf, and the target that writes for it. */
export async function protectedNginx(
  entries: readonly Entry[],
  options: NginxOptions = {},
  more: Partial<LuaRendererOptions> = {},
): Promise<{ nginx: RealNginx; target: FileTarget }> {
  const nginx = new RealNginx();
  const target = luaTarget(nginx.output, more);
  await hold(target, entries);
  await nginx.configure({ ...options, http: `include ${nginx.output}/crowdsec.conf;\n${options.http ?? ''}` });
  await nginx.start();
  return { nginx, target };
}
