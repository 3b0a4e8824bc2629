import type { HeldEntry, Renderer } from '@bouncer/target';
import { encodeDecisions } from '../decisions/encode.ts';
import { Scratch } from '../decisions/scratch.ts';
import { storedEntries } from '../decisions/stored-entry.ts';
import type { EncodeOptions } from '../decisions/table.ts';
import type { WallClock } from '../wall-clock.ts';
import { listFiles } from '../geo/lists.ts';
import type { BouncerLuaOptions } from './bouncer.ts';
import { configurationFiles } from './configuration-files.ts';

export interface LuaRendererOptions extends BouncerLuaOptions {
  readonly wallClock: WallClock;
  /** Also write includes for stream (TCP and UDP) services; they take reloads. */
  readonly stream?: boolean;
  /** Where NGINX tells its counters; without it nothing is counted. */
  readonly statusUrl?: string | undefined;
  /** What `setup` prints. */
  readonly setup: () => string;
  readonly check?: Renderer['check'];
}

/** The files of lua mode: decisions.bin follows the list, the others change with the settings only. */
export function luaRenderer(options: LuaRendererOptions): Renderer {
  const { wallClock } = options;
  const fixed = configurationFiles(options);
  const scratch = new Scratch();
  const encodeOptions: EncodeOptions = {
    endOf: (instant) => wallClock.secondOf(instant),
    ...(options.captcha && { isCaptcha: ({ type }: HeldEntry) => type === 'captcha' }),
  };
  return {
    capabilities: { families: [4, 6], ranges: true, expires: true, types: options.captcha !== undefined },
    render(entries) {
      wallClock.adjust();
      const bytes = encodeDecisions(entries, encodeOptions, scratch);
      // The list first: once the configuration is there, NGINX may be started.
      const lists = options.stream === true ? listFiles(entries, scratch) : [];
      return [{ path: 'decisions.bin', bytes }, ...lists, ...fixed];
    },
    recover: (read) => storedEntries(read('decisions.bin'), wallClock),
    isStale: () => wallClock.isOff,
    setup: options.setup,
    ...(options.check && { check: options.check }),
  };
}
