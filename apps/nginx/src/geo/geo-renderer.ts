import type { Renderer } from '@bouncer/target';
import { encodeDecisions } from '../decisions/encode.ts';
import { Scratch } from '../decisions/scratch.ts';
import { storedEntries } from '../decisions/stored-entry.ts';
import type { WallClock } from '../wall-clock.ts';
import { geoFiles, streamFiles } from './geo-files.ts';
import { listFiles } from './lists.ts';

export interface GeoRendererOptions {
  /** The folder as NGINX sees it. */
  readonly folder: string;
  readonly banStatus: number;
  readonly wallClock: WallClock;
  readonly setup: () => string;
  readonly check?: Renderer['check'];
}

/**
 * The files of geo mode: for any NGINX, but a change of the list takes a reload, and nothing lapses by itself.
 * decisions.bin is for us alone here, to know after a restart what is held; it comes last, so that it never tells of
 * what the lists do not hold yet.
 */
export function geoRenderer({ folder, banStatus, wallClock, setup, check }: GeoRendererOptions): Renderer {
  const fixed = [...geoFiles(folder, banStatus), ...streamFiles(folder)];
  const scratch = new Scratch();
  return {
    capabilities: { families: [4, 6], ranges: true, expires: false },
    render(entries) {
      // All of it never ends here, until it is gone from the lists; kept, so that a restart finds what is held.
      const bytes = encodeDecisions(entries, { endOf: (instant) => instant }, scratch);
      return [...listFiles(entries, scratch), ...fixed, { path: 'decisions.bin', bytes }];
    },
    recover: (read) => storedEntries(read('decisions.bin'), wallClock),
    setup,
    ...(check && { check }),
  };
}
