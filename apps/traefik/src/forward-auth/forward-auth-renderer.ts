import type { Capabilities, HeldEntry, PurgedFiles, RenderedFile, Renderer } from '@bouncer/target';
import type { TraefikValues } from '../config.ts';
import { providerTree } from '../plugin/documents.ts';
import { configurationFiles } from '../plugin/plugin-files.ts';
import { purgedFiles } from '../plugin/purged-files.ts';
import { documentSetup, sections } from '../plugin/setup.ts';
import { authUrl, forwardAuthTree } from './middleware.ts';

/** The middleware as files; the decisions stay in memory. */
export class ForwardAuthRenderer implements Renderer {
  readonly capabilities: Capabilities = { families: [], ranges: false, expires: false };
  readonly #values: TraefikValues;

  constructor(values: TraefikValues) {
    this.#values = values;
  }

  render(): readonly RenderedFile[] {
    const values = this.#values;
    return configurationFiles(values, {
      dynamic: forwardAuthTree(values),
      static: providerTree(values),
      comments: ['Written by crowdsec-traefik-bouncer; changes made here are lost.'],
    });
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
      ...documentSetup(values),
      [
        'Behind a CDN, Traefik must trust its header (static part):',
        'entryPoints.websecure.forwardedHeaders.trustedIPs: the networks of the CDN',
      ],
      [
        "NGINX instead of Traefik, in each server block. The client's own X-Forwarded-For must not get through:",
        nginxSnippet(url),
      ],
      ['Caddy instead of Traefik, in each site block:', caddySnippet(url)],
      [
        'TRAEFIK_TRUSTED_PROXIES has to hold the address or network from which the proxy asks; it is now:',
        values.trustedProxies.join(', '),
      ],
    ]);
  }
}

/** auth_request takes 2xx, 401 and 403. @internal */
export function nginxSnippet(url: string): string {
  return `auth_request /crowdsec-auth;
location = /crowdsec-auth {
    internal;
    proxy_pass ${url};
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}`;
}

/** Caddy sets X-Forwarded-For itself, to the client when that is no trusted proxy of its own. @internal */
export function caddySnippet(url: string): string {
  const { origin, pathname } = new URL(url);
  return `forward_auth ${origin} {
    uri ${pathname}
}`;
}
