import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import type { ProtectedSpace } from '@bouncer/stream';
import { callLine } from '../lua/bouncer.ts';
import { clientAddresses } from './client-addresses.ts';
import { allOf, configurationTree } from './configuration-tree.ts';
import type { ConfigurationTree } from './configuration-tree.ts';
import { answersAtOnce, placesOf } from './places.ts';
import type { Place } from './places.ts';
import { streamServices } from './stream-services.ts';

/** Names that a line of `check` shows. */
const SHOWN = 6;

/** Looks at what `nginx -T` prints for what lets a banned address through. `space` is what is never blocked. Pure. */
export function* inspectConfiguration(
  dump: string,
  mode: 'lua' | 'geo' | 'stock',
  folder: string,
  space: ProtectedSpace,
): Generator<CheckStep> {
  if (mode === 'stock') return;
  const tree = configurationTree(dump);
  const places = placesOf(tree.directives, folder);
  if (mode === 'lua') yield* luaSteps(tree, places, folder);
  else yield* geoSteps(tree, folder);
  yield* streamServices(tree, folder);
  yield clientAddresses(tree, space);
}

function* luaSteps(tree: ConfigurationTree, places: readonly Place[], folder: string): Generator<CheckStep> {
  yield luaModule(tree);
  yield include(tree, places, folder);
  yield otherHandlers(places, folder);
  yield order(tree, folder);
  yield bareReturns(places, folder);
  if (allOf(tree.directives, /^lua_code_cache$/).some(({ parameters }) => parameters[0] === 'off')) {
    const seen = 'lua_code_cache is off: the whole list is read for every request';
    yield warned('code cache', seen, 'take "lua_code_cache off;" out: it is for developers');
  }
}

function luaModule({ directives }: ConfigurationTree): CheckStep {
  const step = 'lua module';
  // OpenResty has it built in: then a directive of it proves it, since nginx -T would have failed.
  const isThere =
    directives.some(
      ({ name, parameters: [file = ''] }) => name === 'load_module' && file.includes('http_lua_module'),
    ) || allOf(directives, /_by_lua(_block|_file)?$/).length > 0;
  if (isThere) return passed(step, 'loaded, or built in');
  return failed(
    step,
    'no load_module line for ngx_http_lua_module, and no directive of it in use',
    'apt install libnginx-mod-http-lua, or use OpenResty, or set NGINX_MODE=geo',
  );
}

function include({ directives }: ConfigurationTree, places: readonly Place[], folder: string): CheckStep {
  const step = 'include';
  const http = directives.filter(({ name }) => name === 'http');
  const ours = allOf(http, /^access_by_lua_block$/).filter(({ file }) => file.startsWith(`${folder}/`));
  const files = [...new Set(ours.map(({ file }) => file))].filter((file) => !file.endsWith('/crowdsec-return.conf'));
  const bare = places.filter(({ kind, access, isOff }) => kind === 'server' && access === 'none' && !isOff);
  const line = `include ${folder}/crowdsec.conf;`;
  if (files.length === 0 && !places.some(({ access }) => access === 'calls ours')) {
    const seen = `NGINX reads neither ${folder}/crowdsec.conf nor crowdsec-server.conf: nothing is blocked`;
    return failed(step, seen, `paste what \`setup\` prints into the http block: ${line}`);
  }
  if (bare.length === 0) return passed(step, files.join(', ') || 'called by handlers of your own');
  const seen = `not protected as a whole: ${listed(bare.map(({ name }) => name))}`;
  return warned(
    step,
    seen,
    `where that is not wanted: ${line} in the http block, in place of the lines of single servers`,
  );
}

function otherHandlers(places: readonly Place[], folder: string): CheckStep {
  const step = 'other handlers';
  const others = places.filter(({ access, isOff }) => access === 'other' && !isOff);
  if (others.length > 0) {
    const seen = `${listed(others.map(({ name }) => name))}: an access_by_lua there replaces the connector's`;
    return failed(step, seen, `begin that access_by_lua with ${callLine(folder)}`);
  }
  const grants = places.filter(
    ({ access, directives }) =>
      access === 'calls ours' &&
      directives.some(({ name, parameters }) => name === 'satisfy' && parameters[0] === 'any'),
  );
  if (grants.length > 0) {
    const seen = `${listed(grants.map(({ name }) => name))}: "satisfy any" with an access_by_lua of your own`;
    return warned(step, seen, 'end that handler with ngx.exit(ngx.DECLINED): one that returns lets everybody in');
  }
  return passed(step, 'none that replaces that of the connector');
}

/** Ours comes before passwords, and whether it does is said once for all of http. */
function order({ directives }: ConfigurationTree, folder: string): CheckStep {
  const step = 'before passwords';
  const isFirst = allOf(directives, /^access_by_lua_no_postpone$/).some(({ parameters }) => parameters[0] === 'on');
  if (isFirst) return passed(step, 'who is banned is refused before auth_basic and auth_request are asked');
  const seen = 'who is banned can go on guessing passwords, and reaches what auth_request asks';
  return warned(step, seen, `include ${folder}/crowdsec-some.conf; in the http block (crowdsec.conf has it as well)`);
}

function bareReturns(places: readonly Place[], folder: string): CheckStep {
  const step = 'bare returns';
  const open = places.filter(
    ({ isGuarded, isOff, isInternal, directives }) =>
      !isGuarded &&
      !isOff &&
      !isInternal &&
      directives.some((one) => answersAtOnce(one) && !one.file.startsWith(`${folder}/`)),
  );
  if (open.length === 0) return passed(step, 'none that would be answered before the access check');
  const seen = `${listed(open.map(({ name }) => name))}: "return" or a redirecting "rewrite" answers banned clients as well`;
  return warned(step, seen, `at the top of those servers: include ${folder}/crowdsec-return.conf;`);
}

function* geoSteps({ directives }: ConfigurationTree, folder: string): Generator<CheckStep> {
  const line = `include ${folder}/crowdsec-geo-server.conf;`;
  const servers = directives
    .filter(({ name }) => name === 'http')
    .flatMap(({ block = [] }) => allOf(block, /^server$/));
  const named = servers.map((server) => {
    const { block = [], file } = server;
    const at = block.findIndex((one) => one.file === `${folder}/crowdsec-geo-server.conf`);
    const early = block.findIndex(answersAtOnce);
    const name = block.find((one) => one.name === 'server_name')?.parameters.join(' ') ?? '';
    const isCovered = at >= 0 || allOf(block, /^if$/).some((one) => one.file === `${folder}/crowdsec-geo-server.conf`);
    return { name: `server ${name} (${file})`, isCovered, isLate: at >= 0 && early >= 0 && early < at };
  });
  const open = named.filter(({ isCovered }) => !isCovered);
  if (open.length === named.length) {
    yield failed(
      'include',
      `no server reads ${folder}/crowdsec-geo-server.conf: nothing is blocked`,
      `paste what \`setup\` prints: ${line}`,
    );
    return;
  }
  if (open.length === 0) yield passed('include', `${folder}/crowdsec-geo-server.conf, in every server`);
  else
    yield warned(
      'include',
      `not protected: ${listed(open.map(({ name }) => name))}`,
      `where that is not wanted: ${line}`,
    );
  const late = named.filter(({ isLate }) => isLate);
  if (late.length === 0) yield passed('bare returns', 'none above the line that checks access');
  else
    yield warned(
      'bare returns',
      `answered before the access check: ${listed(late.map(({ name }) => name))}`,
      `put this line above them: ${line}`,
    );
}

function listed(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
}
