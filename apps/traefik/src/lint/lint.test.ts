import { describe, expect, it } from 'vitest';
import { lint } from './lint.ts';
import { parseSource } from './parse-source.ts';

const module = 'github.com/maxlerebourg/crowdsec-bouncer-traefik-plugin';
const fixed = (version: string, more = '') =>
  `experimental:\n  plugins:\n    bouncer:\n      moduleName: ${module}\n      version: ${version}\n${more}`;
const sound = [
  'enabled: true',
  'crowdsecMode: stream',
  'crowdsecLapiScheme: http',
  'crowdsecLapiHost: crowdsec:8080',
  'crowdsecLapiPath: /',
  'crowdsecLapiKeyFile: /run/key',
  'updateMaxFailure: -1',
  'streamStartupBlock: false',
];
const dynamic = (lines: readonly string[], alias = 'bouncer', rest = '') =>
  `http:\n  middlewares:\n    crowdsec:\n      plugin:\n        ${alias}:\n${lines.map((line) => `          ${line}\n`).join('')}${rest}`;
const swapped = (name: string, line: string) => [...sound.filter((each) => !each.startsWith(`${name}:`)), line];

/** `level rule@file:line`, in order; not that routers stand elsewhere, which these files leave open. */
function rules(files: Record<string, string>, traefik: readonly [number, number, number] = [3, 7, 0]): string[] {
  const sources = Object.entries(files).map(([path, text]) => parseSource(path, text));
  const { findings } = lint(sources, { traefik, plugin: [1, 7, 1] });
  return findings
    .filter(({ level, rule }) => !(level === 'advice' && rule === 'not-attached'))
    .map(({ level, rule, path, line }) => `${level} ${rule}@${path}:${line}`);
}

describe('the linter', () => {
  it('finds nothing wrong with what is right, in every form', () => {
    expect(rules({ 'traefik.yml': fixed('v1.7.1'), 'dynamic.yml': dynamic(sound) })).toEqual([]);
    const labels = sound.map((line) =>
      line.replace(': ', '=').replace(/^/, 'traefik.http.middlewares.crowdsec.plugin.bouncer.'),
    );
    expect(rules({ 'traefik.yml': fixed('v1.7.1'), 'labels.txt': labels.join('\n') })).toEqual([]);
    const compose = `services:\n  app:\n    labels:\n${labels.map((label) => `      - "${label}"\n`).join('')}`;
    expect(rules({ 'traefik.yml': fixed('v1.7.1'), 'compose.yml': compose })).toEqual([]);
    const flags = `--experimental.plugins.bouncer.modulename=${module}\n--experimental.plugins.bouncer.version=v1.7.1\n`;
    const toml = `[http.middlewares.crowdsec.plugin.bouncer]\n${sound.map((line) => line.replace(/: (?=.*[a-z/].*$)(?!true|false)(.*)/, ' = "$1"').replace(': ', ' = ')).join('\n')}\n`;
    expect(rules({ 'flags.txt': flags, 'dynamic.toml': toml })).toEqual([]);
  });

  it.each<[string, readonly string[], string]>([
    ['a misspelt option', swapped('enabled', 'enable: true'), 'trap unknown-option@d.yml:13'],
    ['no enabled', sound.slice(1), 'trap not-enabled@d.yml:6'],
    ['a path without slash', swapped('crowdsecLapiPath', 'crowdsecLapiPath: /lapi'), 'trap lapi-path@d.yml:13'],
    [
      'a scheme in the host',
      swapped('crowdsecLapiHost', 'crowdsecLapiHost: http://c:8080'),
      'refused bad-host@d.yml:13',
    ],
    [
      'a key that is read as a number',
      [...sound.filter((line) => !line.includes('Key')), 'crowdsecLapiKey: 40796e93'],
      'trap unquoted@d.yml:13',
    ],
    ['a leading zero', [...sound, 'captchaSiteKey: 0123'], 'trap unquoted@d.yml:14'],
    ['an underscore', [...sound, 'redisCacheDatabase: 1_000'], 'trap unquoted@d.yml:14'],
    ['a date', [...sound, 'redisCacheDatabase: 2026-01-01'], 'refused unquoted@d.yml:14'],
    ['a template', [...sound, 'banFilePath: "{{ x }}"'], 'advice template@d.yml:6'],
    [
      'a placeholder',
      [...sound.filter((line) => !line.includes('Key')), 'crowdsecLapiKey: <your-key>'],
      'trap placeholder-key@d.yml:13',
    ],
    ['a mode that is late', swapped('crowdsecMode', 'crowdsecMode: live'), 'advice live-mode@d.yml:13'],
    [
      'a header that can be forged',
      [...sound, 'forwardedHeadersCustomName: CF-Connecting-IP'],
      'trap spoofable-header@d.yml:14',
    ],
    ['everybody trusted', [...sound, 'clientTrustedIps: [10.0.0.0/8, "::/0"]'], 'trap trusts-everybody@d.yml:14'],
    ['a list in a list', [...sound, 'clientTrustedIps: [[10.0.0.0/8]]'], 'refused nested-list@d.yml:14'],
    ['a key without value', [...sound, 'banFilePath:'], 'trap no-value@d.yml:14'],
    ['a group', [...sound, 'redis: {cache: 1}'], 'trap nested-option@d.yml:14'],
    ['key twice', [...sound, 'crowdsecLapiKey: abc'], 'trap given-twice@d.yml:14'],
    ['an old name', [...sound, 'banHtmlFilePath: /ban.html'], 'advice deprecated-option@d.yml:14'],
    ['a wrong unit', swapped('updateMaxFailure', 'updateMaxFailure: 30s'), 'refused wrong-type@d.yml:13'],
    ['failing closed', sound.filter((line) => !line.startsWith('updateMax')), 'advice fail-closed@d.yml:6'],
  ])('finds %s', (_, lines, rule) => {
    expect(rules({ 's.yml': fixed('v1.7.1'), 'd.yml': dynamic(lines) })).toContain(rule);
  });

  it('leaves quoted texts and harmless numbers alone', () => {
    const lines = [...sound, 'captchaSiteKey: "0123"', 'redisCacheDatabase: 15'];
    expect(rules({ 's.yml': fixed('v1.7.1'), 'd.yml': dynamic(lines) })).toEqual([]);
  });

  it('judges by the version that is declared', () => {
    const files = { 's.yml': fixed('v1.4.2'), 'd.yml': dynamic([...sound, 'logLevel: info']) };
    expect(rules(files)).toEqual([
      'advice old-plugin@s.yml:4',
      'trap option-too-new@d.yml:13',
      'refused log-level@d.yml:14',
    ]);
  });

  it('sees an alias that the other part does not know, whatever order the files have', () => {
    const files = { 'd.yml': dynamic(sound, 'crowdsec'), 's.yml': fixed('v1.7.1') };
    expect(rules(files)).toEqual(['trap alias-mismatch@d.yml:6']);
  });

  it('sees options in the static part, a missing version, and entry points that believe everybody', () => {
    const more = '      enabled: true\nentryPoints:\n  web:\n    forwardedHeaders:\n      insecure: true\n';
    expect(rules({ 's.yml': fixed('""', more), 'd.yml': dynamic(sound) })).toEqual([
      'trap spoofable-header@s.yml:10',
      'refused static-option@s.yml:4',
      'refused no-version@s.yml:4',
    ]);
  });

  it('sees entry points that believe everybody by their list', () => {
    const more =
      'entryPoints:\n  web:\n    forwardedHeaders:\n      trustedIPs: [0.0.0.0/1, 128.0.0.0/1]\n    proxyProtocol: {trustedIPs: [10.0.0.0/8]}\n';
    expect(rules({ 's.yml': fixed('v1.7.1', more), 'd.yml': dynamic(sound) })).toEqual([
      'trap trusts-everybody@s.yml:9',
    ]);
  });

  it('knows what an older Traefik does not know', () => {
    const text = `${fixed('v1.7.1')}  abortOnPluginFailure: true\npilot: {token: x}\n`;
    expect(rules({ 's.yml': text, 'd.yml': dynamic(sound) }, [3, 2, 0])).toEqual([
      'refused static-version@s.yml:6',
      'refused static-version@s.yml:7',
    ]);
    expect(rules({ 's.yml': fixed('v1.7.1', '  abortOnPluginFailure: true\n'), 'd.yml': dynamic(sound) })).toEqual([]);
  });

  it('sees what makes Traefik refuse a whole folder', () => {
    expect(rules({ 'd.yml': `${dynamic(sound)}experimental: {plugins: {}}\n` })).toEqual([
      'trap static-in-dynamic@d.yml:14',
    ]);
    expect(rules({ 'd.yml': dynamic(sound, 'bouncer', '  routers: {}\n') })).toEqual(['refused empty-group@d.yml:14']);
    const others =
      'http:\n  middlewares:\n    a: {plugin: {}}\n    b: {compress: {}}\n    c: {ipAllowLst: {}}\n  router: {}\n';
    expect(rules({ 'd.yml': `${others}tcp: {}\n` })).toEqual([
      'refused unknown-field@d.yml:6',
      'refused unknown-field@d.yml:5',
      'refused empty-group@d.yml:7',
      'refused empty-group@d.yml:3',
      'refused empty-group@d.yml:5',
    ]);
    expect(rules({ 'd.yml': 'a: 1\na: 2\n', 'e.toml': 'a = [' })).toEqual([
      'refused bad-file@d.yml:0',
      'refused bad-file@e.toml:0',
    ]);
  });

  it('sees a single dollar in compose, and a middleware that another provider has', () => {
    const labels = [
      'traefik.http.routers.app.middlewares=other@file,crowdsec',
      ...sound.map((line) => `traefik.http.middlewares.second.plugin.bouncer.${line.replace(': ', '=')}`),
      'traefik.http.middlewares.second.plugin.bouncer.banFilePath=/$x/$$y',
    ];
    const compose = `services:\n  app:\n    labels:\n${labels.map((label) => `      - "${label}"\n`).join('')}`;
    expect(rules({ 's.yml': fixed('v1.7.1'), 'd.yml': dynamic(sound), 'compose.yml': compose })).toEqual([
      'trap dollar@compose.yml:13',
      'trap not-attached@compose.yml:5',
      'trap middleware-missing@compose.yml:4',
      'trap provider-missing@compose.yml:4',
    ]);
  });

  it('sees two middlewares of which one counts, and a plugin that nobody uses', () => {
    const other = dynamic(swapped('crowdsecLapiHost', 'crowdsecLapiHost: elsewhere:8080')).replace(
      'crowdsec:\n',
      'second:\n',
    );
    expect(rules({ 's.yml': fixed('v1.7.1'), 'd.yml': dynamic(sound), 'e.yml': other })).toEqual([
      'trap two-globals@e.yml:6',
    ]);
    expect(rules({ 's.yml': fixed('v1.7.1') })).toEqual(['trap not-used@s.yml:4']);
  });

  it('reads a Kubernetes middleware, and leaves other plugins alone', () => {
    const middleware = `apiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: c}\nspec:\n  plugin:\n    bouncer:\n${sound
      .map((line) => `      ${line.replace('enabled', 'enable')}\n`)
      .join('')}`;
    expect(
      rules({
        'k.yaml': `${middleware}---\n${middleware.replace('bouncer', 'geoblock').replaceAll('crowdsec', 'x')}`,
      }),
    ).toEqual(['trap unknown-option@k.yaml:7', 'trap not-enabled@k.yaml:7']);
  });
});
