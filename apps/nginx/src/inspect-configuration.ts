import type { CheckStep } from '@bouncer/connector';
import { parseNetwork, type ProtectedSpace } from '@bouncer/stream';
import { callLine } from './lua/bouncer.ts';

/** Looks at what `nginx -T` prints for what makes a connector useless. `space` is what is never blocked. Pure. */
export function* inspectConfiguration(
  dump: string,
  mode: 'lua' | 'geo' | 'stock',
  folder: string,
  space: ProtectedSpace,
): Generator<CheckStep> {
  const files = splitFiles(dump);
  if (mode === 'stock') return;
  if (mode === 'lua') yield luaModule(files);
  yield include(files, mode, folder);
  if (mode === 'lua') yield otherAccess(files, folder);
  yield realIp(files, space);
}

interface ConfigFile {
  readonly name: string;
  /** Without comments. */
  readonly text: string;
}

function splitFiles(dump: string): ConfigFile[] {
  const parts = dump.split(/^# configuration file (.+):$/m);
  const files: ConfigFile[] = [];
  for (let index = 1; index < parts.length; index += 2) {
    files.push({ name: parts[index] ?? '', text: (parts[index + 1] ?? '').replaceAll(/(^|\s)#.*$/gm, '$1') });
  }
  return files;
}

function luaModule(files: readonly ConfigFile[]): CheckStep {
  const step = 'lua module';
  // OpenResty has it built in: then our include alone proves it, since nginx -T would have failed.
  const isThere = files.some(({ text }) => /ngx_http_lua_module|access_by_lua_file/.test(text));
  if (isThere) return { ok: true, level: 'ok', step, seen: 'loaded, or built in' };
  return {
    ok: false,
    level: 'fail',
    step,
    seen: 'no load_module line for ngx_http_lua_module, and no directive of it in use',
    fix: 'apt install libnginx-mod-http-lua, or use OpenResty, or set NGINX_MODE=geo',
  };
}

function include(files: readonly ConfigFile[], mode: 'lua' | 'geo', folder: string): CheckStep {
  const names = mode === 'lua' ? ['crowdsec.conf', 'crowdsec-server.conf'] : ['crowdsec-geo-server.conf'];
  const found = names.filter((name) => files.some((file) => file.name === `${folder}/${name}`));
  if (found.length > 0)
    return { ok: true, level: 'ok', step: 'include', seen: found.map((name) => `${folder}/${name}`).join(', ') };
  return {
    ok: false,
    level: 'fail',
    step: 'include',
    seen: `NGINX does not read ${names.map((name) => `${folder}/${name}`).join(' or ')}: nothing is blocked`,
    fix: `paste what \`setup\` prints: include ${folder}/${names[0] ?? ''};`,
  };
}

function otherAccess(files: readonly ConfigFile[], folder: string): CheckStep {
  const own = files.filter(({ name }) => !name.startsWith(`${folder}/`));
  const handlers = own.flatMap(({ name, text }) =>
    /\baccess_by_lua(_block|_file)?\b/.test(text) && !text.includes(`${folder}/crowdsec.lua`)
      ? [`${name}: access_by_lua`]
      : [],
  );
  const satisfied = own.flatMap(({ name, text }) => (/\bsatisfy\s+any\b/.test(text) ? [`${name}: satisfy any`] : []));
  const found = [...handlers, ...satisfied];
  if (found.length === 0)
    return { ok: true, level: 'ok', step: 'other handlers', seen: 'none that would take the place of ours' };
  return {
    ok: false,
    level: 'fail',
    step: 'other handlers',
    seen: `${found.join('; ')}: where these apply, ours may not run`,
    fix: `begin that access_by_lua with ${callLine(folder)}; replace \`satisfy any\``,
  };
}

function realIp(files: readonly ConfigFile[], space: ProtectedSpace): CheckStep {
  const text = files.map((file) => file.text).join('\n');
  const trusted = [...text.matchAll(/\bset_real_ip_from\s+([^;]+);/g)].map((match) => match[1]?.trim() ?? '');
  const step = 'client addresses';
  if (trusted.some((network) => /\/0$/.test(network))) {
    const fix = 'name the addresses of your proxies only: with /0 everybody can choose the address that is checked';
    return { ok: false, level: 'fail', step, seen: `set_real_ip_from trusts everybody: ${trusted.join(', ')}`, fix };
  }
  const open = trusted.filter((text) => {
    const network = parseNetwork(text);
    return network !== undefined && space.shield(network).kept.length > 0;
  });
  if (open.length > 0) {
    return {
      ok: false,
      level: 'fail',
      step,
      seen: `taken from proxies that may be banned themselves, with all who come through them: ${open.join(', ')}`,
      fix: `ALLOWLIST=${open.join(',')}`,
    };
  }
  if (trusted.length > 0) {
    return {
      ok: true,
      level: 'ok',
      step,
      seen: `taken from the proxies ${trusted.join(', ')}, which are never blocked`,
    };
  }
  return {
    ok: true,
    level: 'ok',
    step,
    seen: 'those of the connections; behind a proxy, a CDN or Docker set_real_ip_from and real_ip_header are needed',
  };
}
