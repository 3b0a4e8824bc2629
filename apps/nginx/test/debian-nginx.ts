import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const NGINX = '/usr/sbin/nginx';
const modules = '/usr/lib/nginx/modules';

/** Debian's packages that the tests need. */
const packages = ['nginx-light', 'libnginx-mod-http-lua', 'libnginx-mod-stream'];

/** Modules to load, in the order that they need. */
export const luaModules = [`${modules}/ndk_http_module.so`, `${modules}/ngx_http_lua_module.so`];
export const streamModules = [`${modules}/ngx_stream_module.so`];

let reason: Promise<string | undefined> | undefined;

/** Why no real NGINX with Lua can be started here, undefined when it can. Installs it where that is possible. */
export function nginxMissing(): Promise<string | undefined> {
  reason ??= prepare();
  return reason;
}

async function prepare(): Promise<string | undefined> {
  if (isThere()) return undefined;
  if (process.getuid?.() !== 0) return `${packages.join(', ')} are not installed, and only root can do it`;
  if (!existsSync('/usr/bin/apt-get')) return 'there is no apt-get here to install NGINX with';
  // RUNLEVEL keeps the package from starting a service; test files that run at once wait for each other.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=120', '--no-install-recommends'];
  try {
    await run('apt-get', ['install', ...options, ...packages], { env }).catch(async () => {
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', ['install', ...options, ...packages], { env });
    });
  } catch (error) {
    return `apt-get could not install NGINX: ${
      String((error as { stderr?: string }).stderr ?? error)
        .trim()
        .split('\n')
        .at(-1) ?? ''
    }`;
  }
  return isThere() ? undefined : 'the packages of NGINX were installed, but its Lua module is not where Debian has it';
}

function isThere(): boolean {
  return [NGINX, ...luaModules, ...streamModules].every((file) => existsSync(file));
}
