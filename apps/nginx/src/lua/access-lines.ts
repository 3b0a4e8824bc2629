import { foreignText } from '@bouncer/target';
import { loadedKey } from './bouncer.ts';
import { fillLua } from './lua-text.ts';

/** What the lines for a configuration of NGINX need to know. */
export interface LineOptions {
  /** The folder as NGINX sees it. */
  readonly folder: string;
  /** What to do when crowdsec.lua cannot be read. */
  readonly onMissing: 'open' | 'closed';
}

const access = foreignText(import.meta, './access.lua');
const headerFilter = foreignText(import.meta, './header-filter.lua');
const bodyFilter = foreignText(import.meta, './body-filter.lua');

/** The handler of the access phase. */
export function accessLines(options: LineOptions): string {
  return block('access_by_lua_block', fillLua(access, settings(options)));
}

/** The filters that put another answer in place of one that NGINX has given before the access phase. */
export function filterLines(options: LineOptions): string {
  const guard = { ...settings(options), GUARD: `${loadedKey(options.folder)} guard` };
  return (
    block('header_filter_by_lua_block', fillLua(headerFilter, guard)) + block('body_filter_by_lua_block', bodyFilter)
  );
}

function settings({ folder, onMissing }: LineOptions) {
  return { KEY: loadedKey(folder), FILE: `${folder}/crowdsec.lua`, OPEN_WHEN_MISSING: onMissing === 'open' };
}

function block(directive: string, lua: string): string {
  return `${directive} {\n${indented(lua)}}\n`;
}

/** Each line two spaces further to the right. */
export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
