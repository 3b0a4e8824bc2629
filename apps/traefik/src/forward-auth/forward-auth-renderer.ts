import type { Capabilities, HeldEntry, PurgedFiles, RenderedFile, Renderer } from '@bouncer/target';
import type { TraefikValues } from '../config.ts';
import { emitSecret } from '../emit/kubernetes.ts';
import { providerTree } from '../plugin/documents.ts';
import { configurationFiles } from '../plugin/plugin-files.ts';
import { caFileEnd, purgedFiles } from '../plugin/purged-files.ts';
import { documentSetup, ownService, sections, whichMode } from '../plugin/setup.ts';
import type { Section } from '../plugin/setup.ts';
import { isAtLeast, printVersion } from '../options/version.ts';
import { authUrl, forwardAuthTree, sendsBodies } from './middleware.ts';
import { caddySnippet, envoySnippet, nginxSnippet } from './snippets.ts';

/** The middleware as files; the decisions stay in memory. */
export class ForwardAuthRenderer implements Renderer {
  readonly capabilities: Capabilities = { families: [], ranges: false, expires: false };
  readonly #values: TraefikValues;
  readonly #ca: () => string | undefined;

  /** `ca` is what Traefik has to trust, in PEM, where it is to ask by TLS. */
  constructor(values: TraefikValues, ca: () => string | undefined = () => undefined) {
    this.#values = values;
    this.#ca = ca;
  }

  render(): readonly RenderedFile[] {
    const values = this.#values;
    const ca = this.#ca();
    const files = configurationFiles(values, {
      dynamic: forwardAuthTree(values, ca),
      static: providerTree(values),
      comments: ['Written by crowdsec-traefik-bouncer; changes made here are lost.'],
    });
    return ca === undefined ? files : [...trustFiles(values, ca), ...files];
  }

  *recover(): Iterable<HeldEntry> {
    // No entries.
  }

  purged(): PurgedFiles {
    return purgedFiles(this.#values);
  }

  setup(): string {
    const values = this.#values;
    const url = authUrl(values);
    return sections([
      whichMode,
      ...documentSetup(values),
      ...ownService(values),
      [
        'Behind a CDN, Traefik must trust its header (static part):',
        'entryPoints.websecure.forwardedHeaders.trustedIPs: the networks of the CDN',
      ],
      [
        "NGINX instead of Traefik, in each server block. The client's own X-Forwarded-For must not get through:",
        nginxSnippet(url),
      ],
      ['Caddy instead of Traefik, in each site block:', caddySnippet(url, values.appsecUrl !== undefined)],
      [
        'Envoy instead of Traefik: this filter before envoy.filters.http.router, and the cluster. use_remote_address has to be true:',
        envoySnippet(url, values.appsecUrl !== undefined),
      ],
      [
        'TRAEFIK_TRUSTED_PROXIES has to hold the address or network from which the proxy asks; it is now:',
        values.trustedProxies.join(', '),
      ],
      ...(values.listenTls === 'off'
        ? [
            [
              'For busy sites:',
              '# TRAEFIK_LISTEN_TLS=0.0.0.0:9462 lets Traefik ask over HTTP/2, 1.5 times as often',
            ] as const,
          ]
        : []),
      ...webNotes(values),
    ]);
  }
}

/** Before what names them. */
function trustFiles({ middleware, format }: TraefikValues, ca: string): readonly RenderedFile[] {
  const file = (name: string, text: string): RenderedFile => ({ path: name, bytes: Buffer.from(text), reload: true });
  const secret = `${middleware}-secret.yaml`;
  return [
    file(`${middleware}${caFileEnd}`, ca),
    ...(format === 'kubernetes' ? [file(secret, emitSecret(`${middleware}-ca`, { 'tls.ca': ca }))] : []),
  ];
}

function webNotes(values: TraefikValues): readonly Section[] {
  const { appsecUrl, captchaProvider, version } = values;
  const notes: string[] = [];
  if (appsecUrl !== undefined) {
    const bodies = sendsBodies(values)
      ? 'Traefik sends bodies, too, and keeps each in memory meanwhile: TRAEFIK_FORWARD_BODY=false where uploads are large.'
      : isAtLeast(version, [3, 3, 0])
        ? 'Bodies are not looked at.'
        : `Bodies are not looked at: Traefik ${printVersion(version)} does not send them (3.3 and newer do).`;
    notes.push(`AppSec is asked about each request that the list lets pass. ${bodies}`);
    notes.push(
      "Behind Caddy and NGINX it sees everything but bodies: neither sends them. NGINX's own connector reads them.",
    );
  }
  if (captchaProvider !== undefined) {
    notes.push(
      'Captcha: set CROWDSEC_DECISION_TYPES=ban,captcha. Traefik and Caddy show the page, on any path that asks us; its form comes back to that path.',
      'NGINX cannot show it (auth_request takes no body): there a captcha is a 403. Its own connector shows the page.',
    );
  }
  return notes.length === 0 ? [] : [['To know:', notes.join('\n')]];
}
