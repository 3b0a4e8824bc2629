import type { HeldEntry, RenderedFile, Renderer, Secret } from '@bouncer/target';
import type { AppsecAddress } from '../appsec/appsec-address.ts';
import { keyFile, placeFile } from '../appsec/appsec-files.ts';
import type { AppsecLuaOptions } from '../appsec/appsec-options.ts';
import { encodeDecisions } from '../decisions/encode.ts';
import { Scratch } from '../decisions/scratch.ts';
import { storedEntries } from '../decisions/stored-entry.ts';
import type { EncodeOptions } from '../decisions/table.ts';
import type { WallClock } from '../wall-clock.ts';
import { listFiles } from '../geo/lists.ts';
import type { BouncerLuaOptions } from './bouncer.ts';
import { configurationFiles } from './configuration-files.ts';

/** AppSec: what the script is told, and what is written beside it. */
export interface AppsecRendererOptions extends AppsecLuaOptions {
  readonly key: Secret;
  readonly address: AppsecAddress;
}

export interface LuaRendererOptions extends BouncerLuaOptions {
  readonly appsec?: AppsecRendererOptions | undefined;
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
  let written = '';
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
      written = mark(options.appsec);
      return [{ path: 'decisions.bin', bytes }, ...lists, ...appsecFiles(options.appsec), ...fixed];
    },
    recover: (read) => storedEntries(read('decisions.bin'), wallClock),
    isStale: () => wallClock.isOff || written !== mark(options.appsec),
    setup: options.setup,
    ...(options.check && { check: options.check }),
  };
}

/** A new key comes with a file that holds it; another address when AppSec has moved. */
function mark(appsec: AppsecRendererOptions | undefined): string {
  return appsec ? `${appsec.address.place ?? ''} ${appsec.key.value()}` : '';
}

function appsecFiles(appsec: AppsecRendererOptions | undefined): RenderedFile[] {
  if (!appsec) return [];
  const { place } = appsec.address;
  return [...(place === undefined ? [] : [placeFile(place)]), keyFile(appsec.key.value())];
}
