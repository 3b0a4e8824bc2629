import path from 'node:path';
import { appsecUrlProblems } from './appsec/appsec-options.ts';
import { nginxCaptchaProblems, nginxCaptchaSettings } from './captcha/captcha-config.ts';
import {
  appsecProblems,
  appsecSettings,
  directLapiProblems,
  setting,
  type CoreValues,
  type Problem,
  type ValuesOf,
} from '@bouncer/target';

/**
 * A path that can stand as it is in a configuration of NGINX and in a mount of Docker: in the one a `$` would be a
 * variable, in the other a `:` would end the path, and nothing escapes either.
 */
const NGINX_PATH = /^\/[A-Za-z0-9_@%+=,./-]*$/;
const NGINX_PATH_ACCEPTED = 'an absolute path of letters, digits and _@%+=,./-';

/** The settings of the NGINX connector. */
export const nginxSettings = {
  mode: setting.choice(['lua', 'geo', 'stock'], {
    env: 'NGINX_MODE',
    default: 'lua',
    help: 'lua: NGINX with the Lua module, or OpenResty; geo: any NGINX, by reloads; stock: the settings of the official bouncer',
  }),
  outputDir: setting.path({
    env: 'NGINX_OUTPUT_DIR',
    default: '/output',
    help: 'folder that the files are written to',
  }),
  configDir: setting.text({
    env: 'NGINX_CONFIG_DIR',
    pattern: NGINX_PATH,
    accepted: NGINX_PATH_ACCEPTED,
    defaultNote: 'NGINX_OUTPUT_DIR',
    help: 'the same folder as NGINX sees it',
  }),
  testCommand: setting.text({
    env: 'NGINX_TEST_COMMAND',
    help: 'run before a reload, such as `nginx -t`; when it fails the files before are put back',
  }),
  reloadCommand: setting.text({
    env: 'NGINX_RELOAD_COMMAND',
    help: 'makes NGINX read its configuration again, such as `nginx -s reload` or `kill -HUP 1`',
  }),
  reloadInterval: setting.duration({
    env: 'NGINX_RELOAD_INTERVAL',
    special: true,
    default: '30s',
    max: 3600,
    help: 'geo: lists are written, and NGINX reloaded, no oftener than this',
  }),
  stream: setting.boolean({
    env: 'NGINX_STREAM',
    special: true,
    default: false,
    help: 'lua: write crowdsec-stream.conf for TCP and UDP services as well, which takes reloads; geo always writes it',
  }),
  statusUrl: setting.url({
    env: 'NGINX_STATUS_URL',
    special: true,
    example: 'http://127.0.0.1:9462',
    help: 'lua: where NGINX tells its counters, as the connector reaches it; crowdsec.conf then listens there for private addresses',
  }),
  banStatus: setting.integer({
    env: 'NGINX_BAN_STATUS',
    default: 403,
    min: 400,
    max: 599,
    help: 'status of a refused request; 444 closes the connection without an answer',
  }),
  banPageFile: setting.file({
    env: 'NGINX_BAN_PAGE_FILE',
    content: 'any',
    help: 'lua: HTML for refused requests instead of the page that comes with it, at most 256 kB; `{{host}}`, `{{reason}}`, `{{address}}` and `{{request_id}}` are filled in',
  }),
  banRedirect: setting.text({
    env: 'NGINX_BAN_REDIRECT',
    special: true,
    pattern: /^https?:\/\/[\x21-\x7e]+$/,
    accepted: 'an address such as https://example.org/refused',
    help: 'lua: banned clients are sent there (status 302) instead of being shown a page; it must not be a protected place',
  }),
  remediationHeader: setting.text({
    env: 'NGINX_REMEDIATION_HEADER',
    special: true,
    pattern: /^[A-Za-z][A-Za-z0-9-]{0,60}$/,
    accepted: 'the name of a header such as X-Crowdsec-Remediation',
    help: 'lua: response header of refused requests that tells why: ban or captcha',
  }),
  onMissingFile: setting.choice(['open', 'closed'], {
    env: 'NGINX_ON_MISSING_FILE',
    default: 'open',
    help: 'lua: serve (open) or refuse (closed, status 503) while there has been no decisions file since NGINX was started',
  }),
  ...appsecSettings,
  ...nginxCaptchaSettings,
};

/** All values that the connector works with. */
export type NginxValues = CoreValues & ValuesOf<typeof nginxSettings>;

/** What is wrong with settings that are sound one by one. */
export function validateNginx(values: NginxValues): readonly Problem[] {
  const problems: Problem[] = [];
  if (values.configDir === undefined && !NGINX_PATH.test(path.resolve(values.outputDir))) {
    const problem = `cannot stand in a configuration of NGINX; accepted: ${NGINX_PATH_ACCEPTED}`;
    problems.push({ variable: 'NGINX_OUTPUT_DIR', problem });
  }
  if (values.statusUrl !== undefined && !/^http:\/\/[^/]+$/.test(values.statusUrl)) {
    problems.push({ variable: 'NGINX_STATUS_URL', problem: 'must be http://HOST:PORT and nothing more' });
  }
  if (values.mode === 'stock') {
    problems.push(...directLapiProblems(values, 'the official package (NGINX_MODE=stock)', 'NGINX_MODE=lua'));
  }
  return [...problems, ...appsecProblems(values), ...appsecUrlProblems(values), ...nginxCaptchaProblems(values)];
}

/** The folder as NGINX sees it, without a slash at its end. */
export function configFolder(values: Pick<NginxValues, 'configDir' | 'outputDir'>): string {
  return (values.configDir ?? path.resolve(values.outputDir)).replace(/(?<=.)\/+$/, '');
}
