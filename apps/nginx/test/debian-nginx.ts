import { packagesMissing } from '@bouncer/sandbox';

export const NGINX = '/usr/sbin/nginx';
const modules = '/usr/lib/nginx/modules';

/** Modules to load, in the order that they need. */
export const luaModules = [`${modules}/ndk_http_module.so`, `${modules}/ngx_http_lua_module.so`];
export const streamModules = [`${modules}/ngx_stream_module.so`];

/** Why no real NGINX with Lua can be started here, undefined when it can. Installs it where that is possible. */
export function nginxMissing(): Promise<string | undefined> {
  return packagesMissing({
    packages: ['nginx-light', 'libnginx-mod-http-lua', 'libnginx-mod-stream'],
    files: [NGINX, ...luaModules, ...streamModules],
  });
}
