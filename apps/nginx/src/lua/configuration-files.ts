import type { RenderedFile } from '@bouncer/target';
import { appsecConf } from '../appsec/appsec-files.ts';
import { CAPTCHA_PATH } from '../captcha/captcha-page.ts';
import { streamFiles } from '../geo/geo-files.ts';
import { statusAddress, statusConf, statusLua } from './status-files.ts';
import { accessLines, filterLines, indented } from './access-lines.ts';
import type { LineOptions } from './access-lines.ts';
import { bouncerLua } from './bouncer.ts';
import type { BouncerLuaOptions } from './bouncer.ts';

export interface ConfigurationOptions extends BouncerLuaOptions {
  /** Also for stream (TCP and UDP) services. */
  readonly stream?: boolean;
  /** Where NGINX tells its counters. */
  readonly statusUrl?: string | undefined;
}

const by = '# Written by crowdsec-nginx-bouncer';

/** The files of lua mode that change with the settings only: the script, and what a configuration of NGINX includes. */
export function configurationFiles(options: ConfigurationOptions): RenderedFile[] {
  const { folder, stream, statusUrl } = options;
  const file = (path: string, text: string): RenderedFile => ({ path, bytes: Buffer.from(text), reload: true });
  const access = accessLines(options);
  const appsec = options.appsec ? appsecConf(folder) : '';
  const shared = sharedLines(appsec + (statusUrl === undefined ? '' : statusConf(folder, statusAddress(statusUrl))));
  return [
    file('crowdsec.lua', bouncerLua(options)),
    file(
      'crowdsec.conf',
      `${by}: include it once, in the http block. It protects every server.
# A server or location with an access_by_lua of its own has to call ours, and one that answers by "return" takes
# crowdsec-return.conf: see setup.
${shared}${access}`,
    ),
    file(
      'crowdsec-some.conf',
      `${by}: include it once, in the http block, in place of crowdsec.conf, where only some servers or locations
# are protected, by crowdsec-server.conf.
${shared}`,
    ),
    file(
      'crowdsec-server.conf',
      `${by}: include it in a server or location block, to protect only that one; and crowdsec-some.conf
# in the http block.
${access}# Where that one is not included, each look at our variable would be a warning in the log.
uninitialized_variable_warn off;
`,
    ),
    file('crowdsec-return.conf', returnLines(options)),
    file(
      'crowdsec-off.conf',
      `${by}: include it in a server or location block that shall not be protected.
set $crowdsec_disable_bouncer 1;
`,
    ),
    ...(stream === true ? streamFiles(folder) : []),
    ...(statusUrl === undefined ? [] : [statusLua(folder)]),
  ];
}

/** What both ways need once, in the http block. */
function sharedLines(more: string): string {
  return `# Before passwords and auth_request: who is banned shall not go on guessing, nor reach what they ask.
access_by_lua_no_postpone on;
# Declared, or each look at it would be a warning in the log.
map "" $crowdsec_disable_bouncer { default ""; }
${more}`;
}

function returnLines({ folder, onMissing, captcha }: LineOptions & Pick<BouncerLuaOptions, 'captcha'>): string {
  const form = `location = ${CAPTCHA_PATH} {
${indented(accessLines({ folder, onMissing }))}}
`;
  return `${by}: include it at the top of a server block with "return" or redirecting "rewrite" lines, which NGINX
# answers before it asks who may enter. Beside crowdsec.conf or crowdsec-server.conf, not in place of them. Locations
# with crowdsec-off.conf are served on.
${filterLines({ folder, onMissing })}${captcha ? form : ''}`;
}
