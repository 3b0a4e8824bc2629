import { loadedKey } from './bouncer.ts';
import { luaString } from './lua-text.ts';

/** What the lines for a configuration of NGINX need to know. */
export interface LineOptions {
  /** The folder as NGINX sees it. */
  readonly folder: string;
  /** What to do when crowdsec.lua cannot be read. */
  readonly onMissing: 'open' | 'closed';
}

/**
 * The handler of the access phase. It ends with DECLINED, which neither grants nor refuses: an access handler that just
 * returns has granted, and with `satisfy any` nobody would be asked for a password any more.
 */
export function accessLines({ folder, onMissing }: LineOptions): string {
  const otherwise = onMissing === 'open' ? '' : '\n  else\n    return ngx.exit(503)';
  return `access_by_lua_block {
  ${findLines(folder, loadedKey(folder), '')}
  if found then
    found()${otherwise}
  end
  return ngx.exit(ngx.DECLINED)
}
`;
}

/**
 * Lua that puts the function of that name into `found`, loaded by the first request of a worker; nil, and a line in the
 * log each minute, when the script cannot be read by NGINX's user.
 */
export function findLines(folder: string, name: string, argument: string): string {
  const file = luaString(`${folder}/crowdsec.lua`);
  const told = luaString(`${loadedKey(folder)} told`);
  const load =
    argument === '' ? 'found = script' : `script(${argument})\n      found = package.loaded[${luaString(name)}]`;
  return `local found = package.loaded[${luaString(name)}]
  if not found then
    local script, fault = loadfile(${file})
    if script then
      ${load}
    elseif (package.loaded[${told}] or 0) + 60 < ngx.time() then
      package.loaded[${told}] = ngx.time()
      ngx.log(ngx.ERR, "crowdsec is not in force: ", fault)
    end
  end`;
}
