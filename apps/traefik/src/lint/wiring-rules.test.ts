import { describe, expect, it } from 'vitest';
import { lint } from './lint.ts';
import { parseSource } from './parse-source.ts';

const middleware = `http:
  middlewares:
    crowdsec:
      plugin:
        bouncer: {enabled: true, crowdsecMode: stream, crowdsecLapiKeyFile: /run/key, updateMaxFailure: -1, streamStartupBlock: false}
`;
const services = '  services:\n    app: {loadBalancer: {servers: [{url: "http://192.0.2.1"}]}}\n';
const router = (middlewares: string, service = 'app', name = 'web') =>
  `    ${name}: {rule: "PathPrefix(\`/\`)", service: ${service}, middlewares: [${middlewares}]}\n`;
const file = (middlewares: string, service?: string) =>
  `${middleware}${services}  routers:\n${router(middlewares, service)}`;

/** `level rule: what was seen`, in order. */
function findings(files: Record<string, string>): string[] {
  const sources = Object.entries(files).map(([path, text]) => parseSource(path, text));
  return lint(sources, { traefik: [3, 7, 0], plugin: [1, 7, 1] }).findings.map(
    ({ level, rule, seen }) => `${level} ${rule}: ${seen}`,
  );
}

describe('who names whom', () => {
  it.each<[string, Record<string, string>]>([
    ['a router', { 'd.yml': file('crowdsec') }],
    ['a router, with the provider', { 'd.yml': file('crowdsec@file') }],
    [
      'an entry point',
      { 'd.yml': middleware, 's.yml': 'entryPoints: {web: {http: {middlewares: [crowdsec@file]}}}\n' },
    ],
    [
      'a chain that a router names',
      { 'd.yml': file('all').replace('  services:', '    all: {chain: {middlewares: [crowdsec]}}\n  services:') },
    ],
    [
      'labels',
      {
        'd.yml': middleware,
        'c.yml': 'services: {app: {labels: ["traefik.http.routers.a.middlewares=crowdsec@file"]}}\n',
      },
    ],
    ['a router that templates make', { 'd.yml': file('crowdsec, "{{ $name }}"') }],
  ])('finds nothing wrong where the middleware is named by %s', (_, files) => {
    expect(findings(files).filter((each) => !each.startsWith('advice template'))).toEqual([]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a middleware that no router names', { 'd.yml': file('') }, /^trap not-attached: no router and no entry point/],
    [
      'one whose routers are not in these files',
      { 'd.yml': middleware },
      /^advice not-attached: .*whether it blocks anybody cannot be seen$/,
    ],
    [
      'one that labels elsewhere may name',
      {
        'd.yml': file('').replace('[]', '[]'),
        's.yml': 'entryPoints: {web: {address: ":80"}}\nproviders: {docker: {}}\n',
      },
      /^advice not-attached/,
    ],
    [
      'a chain that nobody names',
      { 'd.yml': file('').replace('  services:', '    all: {chain: {middlewares: [crowdsec]}}\n  services:') },
      /^trap not-attached/,
    ],
    ['a middleware that no file has', { 'd.yml': file('crowdsec, headers') }, /^trap middleware-missing: .*headers/],
    ['a name in other letters', { 'd.yml': file('CrowdSec') }, /^trap middleware-missing: .*CrowdSec/],
    ['a slip of a name', { 'd.yml': file('crowdsek, crowdsec') }, /^trap middleware-missing: .*crowdsek/],
    ['the wrong provider', { 'd.yml': file('crowdsec@docker') }, /^trap provider-missing: .*crowdsec@docker/],
    ['a provider that is none', { 'd.yml': file('crowdsec@files') }, /^trap unknown-provider: .*crowdsec@files/],
    ['a service that no file has', { 'd.yml': file('crowdsec', 'ap') }, /^trap service-missing: .*service ap,/],
    [
      'a router without service',
      { 'd.yml': file('crowdsec').replace('service: app, ', '') },
      /^trap service-missing: .*names no service/,
    ],
  ])('finds %s', (_, files, finding) => {
    expect(findings(files)).toContainEqual(expect.stringMatching(finding));
  });

  it.each(['noop@internal', 'app@docker', '"{{ env `SERVICE` }}"'])('leaves the service %s to Traefik', (service) => {
    expect(findings({ 'd.yml': file('crowdsec', service) })).toEqual([]);
  });

  it("says nothing of other people's wiring", () => {
    const text = `http:\n  middlewares: {a: {compress: {}}}\n  routers:\n${router('foobar', 'nowhere')}`;
    expect(findings({ 'd.yml': text })).toEqual([]);
  });
});

describe('containers', () => {
  const declared =
    'experimental: {plugins: {bouncer: {moduleName: github.com/maxlerebourg/crowdsec-bouncer-traefik-plugin, version: v1.7.1}}}\n';
  const local = file('crowdsec').replace('enabled: true', 'enabled: true, crowdsecLapiHost: "localhost:8080"');
  const compose = (more: string) => `services: {proxy: {image: "docker.io/traefik:v3.7", ${more}}}\n`;

  it('knows that localhost is the container itself, but not on the network of the host or without a container', () => {
    expect(findings({ 'd.yml': local, 'compose.yml': compose('') })).toContainEqual(
      expect.stringMatching(/^trap own-localhost: crowdsecLapiHost is localhost:8080/),
    );
    expect(findings({ 'd.yml': local, 'compose.yml': compose('network_mode: host') })).toEqual([]);
    expect(findings({ 'd.yml': local })).toEqual([]);
  });

  it.each([
    ['user: "1000:1000"', 1],
    ['read_only: true', 1],
    ['read_only: true, tmpfs: [/plugins-storage]', 0],
    ['user: "1000", volumes: ["storage:/plugins-storage"]', 0],
    ['user: "0:0"', 0],
  ])('with %s, %i has no place for the plugin', (more, count) => {
    const found = findings({ 'd.yml': file('crowdsec'), 's.yml': declared, 'compose.yml': compose(more) });
    expect(found.filter((each) => each.startsWith('advice plugin-storage'))).toHaveLength(count);
  });
});

describe('templates', () => {
  it.each([
    ['without quotes', 'crowdsecLapiKey: {{env "K"}}'],
    ['in part of a value', 'crowdsecLapiHost: \'{{ env "H" }}:8080\''],
    ['of a number', 'updateIntervalSeconds: {{ env "S" | default "60" }}'],
    ['of a switch', 'crowdsecAppsecEnabled: {{ if true }}true{{ else }}false{{ end }}'],
    ['of a list', 'clientTrustedIps: [{{ env "A" }}, {{ env "B" }}]'],
    ['with braces in a text', 'banFilePath: {{ "}}" }}'],
  ])('says that what they come to is not judged: %s', (_, line) => {
    const text = `http:\n  middlewares:\n    crowdsec:\n      plugin:\n        bouncer:\n          enabled: true\n          crowdsecMode: stream\n          updateMaxFailure: -1\n          streamStartupBlock: false\n          crowdsecLapiKeyFile: /k\n          ${line}\n${services}  routers:\n${router('crowdsec')}`;
    const found = findings({ 'd.yml': text }).filter((each) => !/given-twice/.test(each));
    expect(found.filter((each) => !each.startsWith('advice'))).toEqual([]);
    if (!line.includes('if'))
      expect(found).toContainEqual(expect.stringMatching(/^advice template: templates fill in/));
  });

  it('reads blocks as if they were written out once, and judges the rest', () => {
    const text = `http:
  routers:
{{- range $i, $e := until 3 }}
    web{{ $i }}: {rule: "Host(\`{{ env "H" }}\`)", service: app, middlewares: [crowdsec]}
{{- end }}
{{ if env "TLS" }}
    secure: {rule: "PathPrefix(\`/\`)", service: app, tls: {}, middlewares: [crowdsec]}
{{ else }}
    secure: {rule: "PathPrefix(\`/\`)", service: app, middlewares: [crowdsek]}
{{ end }}
${services}${middleware.replace('http:\n', '')}`;
    expect(findings({ 'd.yml': text })).toEqual([expect.stringMatching(/^trap middleware-missing: .*crowdsek/)]);
  });

  it('reads TOML with them, and compose files as they are', () => {
    const toml =
      '[http.middlewares.crowdsec.plugin.bouncer]\nenabled = {{ env "E" }}\ncrowdsecLapiKey = "{{ env `K` }}"\n';
    expect(findings({ 'd.toml': toml }).filter((each) => each.startsWith('refused'))).toEqual([]);
    const compose =
      'services: {app: {labels: ["traefik.http.middlewares.crowdsec.plugin.bouncer.crowdsecLapiKey={{ env `K` }}"]}}\n';
    expect(findings({ 'compose.yml': compose })).toContainEqual(expect.stringMatching(/^refused template/));
  });
});

describe('the static part', () => {
  it('has plugins by name, and no switch for them', () => {
    const found = findings({ 's.yml': 'experimental: {plugins: {enabled: true}}\n' });
    expect(found).toContainEqual(expect.stringMatching(/^refused no-module: .*enabled is a value/));
  });

  it("knows that Traefik 3 does not read the old group's objects", () => {
    const text =
      'apiVersion: traefik.containo.us/v1alpha1\nkind: Middleware\nmetadata: {name: a}\nspec: {compress: {}}\n';
    expect(findings({ 'k.yml': text })).toContainEqual(expect.stringMatching(/^refused old-group/));
    expect(findings({ 'k.yml': text.replace('traefik.containo.us', 'traefik.io') })).toEqual([]);
  });
});
