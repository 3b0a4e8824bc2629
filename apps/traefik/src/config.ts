import path from 'node:path';
import { appsecSettings, setting, type CoreValues, type Problem, type ValuesOf } from '@bouncer/target';
import { captchaSettings } from '@bouncer/target/captcha';
import { optionsKind, versionKind } from './kinds.ts';
import type { OptionMap } from './options/finding.ts';

/** Starts with a letter and holds nothing that a label, a KV path or YAML could take for something else. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const NAME_ACCEPTED = 'a letter, then up to 62 letters, digits, - and _';
/** A path as somebody else sees it. Nothing that a template, a shell or a mount of Docker would take for something else. */
const PATH = /^\/[\p{L}\p{M}\p{N}_@%+=,./-]*$/u;
const PATH_ACCEPTED = 'an absolute path of letters, digits and _@%+=,./-';
/** The same for an address: the configuration of NGINX has it without quotes. */
const ADDRESS = /^https?:\/\/[\w.:[\]-]+(?:\/[\w@%+=,.:~/-]*)?$/;

/** The settings of the Traefik connector. */
export const traefikSettings = {
  mode: setting.choice(['plugin', 'forwardauth', 'native'], {
    env: 'TRAEFIK_MODE',
    default: 'plugin',
    help: 'plugin (write its configuration), forwardauth (answer for each request), native (rules for a few local decisions)',
  }),
  outputDir: setting.path({ env: 'TRAEFIK_OUTPUT_DIR', default: '/output', help: 'folder that is written' }),
  configDir: setting.text({
    env: 'TRAEFIK_CONFIG_DIR',
    special: true,
    pattern: PATH,
    accepted: PATH_ACCEPTED,
    defaultNote: 'TRAEFIK_OUTPUT_DIR',
    help: 'the same folder as Traefik sees it',
  }),
  hostDir: setting.text({
    env: 'TRAEFIK_HOST_DIR',
    special: true,
    pattern: PATH,
    accepted: PATH_ACCEPTED,
    defaultNote: 'TRAEFIK_OUTPUT_DIR; /srv/traefik/dynamic for that of the image',
    help: 'the same folder as the host sees it, for `setup` and compose files',
  }),
  version: setting.of(versionKind('3.7, 2.11 or another version from 2.11 on', [2, 11, 0]), {
    env: 'TRAEFIK_VERSION',
    default: '3.7',
    help: 'version of Traefik: only what it knows is written',
  }),
  pluginVersion: setting.of(versionKind('v1.7.1 or another version from v1.4.2 on', [1, 4, 2]), {
    env: 'TRAEFIK_PLUGIN_VERSION',
    default: 'v1.7.1',
    help: 'version of crowdsec-bouncer-traefik-plugin: only what it knows is written',
  }),
  format: setting.choice(['yaml', 'toml', 'labels', 'kv', 'kubernetes'], {
    env: 'TRAEFIK_FORMAT',
    default: 'yaml',
    help: 'what is written: yaml, toml (file provider), labels (Docker), kv (Consul, etcd, Redis), kubernetes (CRD, Helm)',
  }),
  middleware: setting.text({
    env: 'TRAEFIK_MIDDLEWARE',
    default: 'crowdsec',
    pattern: NAME,
    accepted: NAME_ACCEPTED,
    help: 'name of the middleware; also begins the names of the files',
  }),
  alias: setting.text({
    env: 'TRAEFIK_PLUGIN_ALIAS',
    special: true,
    default: 'crowdsec',
    pattern: /^[A-Za-z][A-Za-z0-9]{0,62}$/,
    accepted: 'a letter, then letters and digits (an environment variable of Traefik may have to hold it)',
    help: 'name of the plugin, the same in the static and in the dynamic part',
  }),
  plugin: setting.of<
    OptionMap,
    { env: string; special: true; default: string; defaultNote: string; yaml: string; help: string }
  >(optionsKind, {
    env: 'TRAEFIK_PLUGIN',
    special: true,
    yaml: 'plugin',
    default: '{}',
    defaultNote: '-',
    help: 'more options of the plugin: a group `plugin:` in the YAML file, or JSON',
  }),
  localPlugin: setting.boolean({
    env: 'TRAEFIK_LOCAL_PLUGIN',
    special: true,
    default: false,
    help: 'Traefik has no internet: the plugin is taken from its folder plugins-local instead of being downloaded',
  }),
  keyFile: setting.text({
    env: 'TRAEFIK_KEY_FILE',
    special: true,
    pattern: PATH,
    accepted: PATH_ACCEPTED,
    defaultNote: 'a file that we write',
    help: 'path, as Traefik sees it, of a file that holds the key for the plugin already',
  }),
  reloadCommand: setting.text({
    env: 'TRAEFIK_RELOAD_COMMAND',
    special: true,
    help: 'shell command after a change: the plugin reads a new key or CA only when Traefik restarts',
  }),
  listen: setting.listen({
    env: 'TRAEFIK_LISTEN',
    default: '0.0.0.0:9461',
    example: '0.0.0.0:9461',
    canBeOff: true,
    help: 'HTTP provider and forward-auth; `off` disables them (not in forwardauth mode)',
  }),
  address: setting.url({
    env: 'TRAEFIK_ADDRESS',
    defaultNote: 'http://crowdsec-traefik-bouncer and the port of TRAEFIK_LISTEN',
    example: 'http://crowdsec-traefik-bouncer:9461',
    help: 'where the proxy reaches TRAEFIK_LISTEN',
  }),
  listenTls: setting.listen({
    env: 'TRAEFIK_LISTEN_TLS',
    special: true,
    example: '0.0.0.0:9462',
    default: 'off',
    canBeOff: true,
    help: 'forwardauth: a second endpoint with TLS and HTTP/2, which Traefik is then told to ask: 1.5 times the requests; such as `0.0.0.0:9462`. Caddy and NGINX go on with TRAEFIK_LISTEN',
  }),
  addressTls: setting.url({
    env: 'TRAEFIK_ADDRESS_TLS',
    special: true,
    defaultNote: 'the host of TRAEFIK_ADDRESS and the port of TRAEFIK_LISTEN_TLS',
    example: 'https://crowdsec-traefik-bouncer:9462',
    help: 'where Traefik reaches TRAEFIK_LISTEN_TLS',
  }),
  tlsCertFile: setting.file({
    env: 'TRAEFIK_TLS_CERT_FILE',
    special: true,
    content: 'certificate',
    defaultNote: 'one of our own, in the output folder',
    help: 'certificate (PEM) for TRAEFIK_LISTEN_TLS',
  }),
  tlsKeyFile: setting.file({
    env: 'TRAEFIK_TLS_KEY_FILE',
    special: true,
    content: 'private key',
    help: 'private key (PEM) of that certificate',
  }),
  tlsCaFile: setting.file({
    env: 'TRAEFIK_TLS_CA_FILE',
    special: true,
    content: 'certificate',
    defaultNote: 'TRAEFIK_TLS_CERT_FILE',
    help: 'CA (PEM) that Traefik is told to trust for that certificate',
  }),
  trustedProxies: setting.networks({
    env: 'TRAEFIK_TRUSTED_PROXIES',
    aliases: ['TRUSTED_PROXIES'],
    help: 'proxies whose X-Forwarded-For is trusted: Traefik itself in forwardauth mode (required there), and any CDN before it',
  }),
  entryPoints: setting.list({
    env: 'TRAEFIK_ENTRY_POINTS',
    special: true,
    defaultNote: 'all',
    help: 'native rules: entry points of HTTP where they count (`web,websecure`); on one of TCP services with TLS the rule for HTTPS would take their connections',
  }),
  tcpEntryPoints: setting.list({
    env: 'TRAEFIK_TCP_ENTRY_POINTS',
    special: true,
    help: 'native: entry points of TCP services (`postgres,ssh`), where banned addresses are cut off before all other routers, with TLS and without; needs TRAEFIK_ENTRY_POINTS',
  }),
  apiUrl: setting.url({
    env: 'TRAEFIK_API_URL',
    special: true,
    example: 'http://traefik:8080',
    help: "Traefik's own API: `check` asks it which routers use the middleware, and what Traefik found wrong",
  }),
  probeUrl: setting.url({
    env: 'TRAEFIK_PROBE_URL',
    special: true,
    example: 'https://site.example.org',
    help: 'a site behind Traefik: `check` asks it as a banned client would, by an address of documentation, and proves that it is refused; Traefik has to trust this machine for X-Forwarded-For',
  }),
  untilFirstPull: setting.choice(['open', 'closed'], {
    env: 'TRAEFIK_UNTIL_FIRST_PULL',
    special: true,
    default: 'open',
    help: 'requests that have waited 5 s for the first decisions: let them pass (open) or block them (closed; not your own LAN and ALLOWLIST)',
  }),
  banPageFile: setting.path({
    env: 'TRAEFIK_BAN_PAGE_FILE',
    special: true,
    help: 'HTML file that forwardauth answers a banned client with, instead of the built-in page; `{{host}}`, `{{reason}}`, `{{address}}` and `{{request_id}}` are filled in',
  }),
  banStatus: setting.integer({
    env: 'TRAEFIK_BAN_STATUS',
    aliases: ['CROWDSEC_BOUNCER_BAN_RESPONSE_CODE'],
    special: true,
    default: 403,
    min: 400,
    max: 599,
    help: 'forwardauth: status of a refused request; NGINX always answers 403',
  }),
  banRedirect: setting.text({
    env: 'TRAEFIK_BAN_REDIRECT',
    aliases: ['CROWDSEC_BOUNCER_REDIRECT'],
    special: true,
    pattern: /^https?:\/\/[\x21-\x7e]+$/,
    accepted: 'an address such as https://example.org/refused',
    help: 'forwardauth: banned clients are sent there (status 302) instead of being shown a page',
  }),
  remediationHeader: setting.text({
    env: 'TRAEFIK_REMEDIATION_HEADER',
    special: true,
    pattern: /^[A-Za-z][A-Za-z0-9-]{0,60}$/,
    accepted: 'the name of a header such as X-Crowdsec-Remediation',
    help: 'forwardauth: response header of refused requests that tells why: ban or captcha',
  }),
  forwardBody: setting.boolean({
    env: 'TRAEFIK_FORWARD_BODY',
    special: true,
    default: true,
    help: 'forwardauth with AppSec: Traefik (3.3 and newer) sends the bodies of requests, each of which it keeps in memory meanwhile; false for sites with large uploads',
  }),
  ...appsecSettings,
  ...captchaSettings,
};

/** All values that the connector works with. */
export type TraefikValues = Omit<CoreValues, never> & ValuesOf<typeof traefikSettings>;

/** What Traefik or a proxy in its place could not be told. */
export function unprintable({ configDir, outputDir, address, addressTls }: TraefikValues): Problem[] {
  const problems: Problem[] = [];
  if (configDir === undefined && !PATH.test(path.resolve(outputDir))) {
    const problem = `cannot stand in a configuration of Traefik; accepted: ${PATH_ACCEPTED}`;
    problems.push({ variable: 'TRAEFIK_OUTPUT_DIR', problem });
  }
  if (address !== undefined && !ADDRESS.test(address)) {
    const problem = 'holds what cannot stand in the configuration of a proxy';
    problems.push({ variable: 'TRAEFIK_ADDRESS', problem, accepted: 'http://HOST:PORT' });
  }
  if (addressTls !== undefined && !(ADDRESS.test(addressTls) && addressTls.startsWith('https:'))) {
    const problem = 'is no address with TLS that can stand in the configuration of a proxy';
    problems.push({ variable: 'TRAEFIK_ADDRESS_TLS', problem, accepted: 'https://HOST:PORT' });
  }
  return problems;
}
