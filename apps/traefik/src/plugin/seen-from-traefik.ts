import path from 'node:path';
import type { TraefikValues } from '../config.ts';

/** The output folder as Traefik sees it, without a slash at the end. */
export function configDirOf({ configDir, outputDir }: Pick<TraefikValues, 'configDir' | 'outputDir'>): string {
  return (configDir ?? path.resolve(outputDir)).replace(/\/+$/, '');
}

/** The output folder as the host sees it: that of the image is a mount, of the folder that all our examples have. */
export function hostDirOf({ hostDir, outputDir }: Pick<TraefikValues, 'hostDir' | 'outputDir'>): string {
  return hostDir ?? (outputDir === '/output' ? '/srv/traefik/dynamic' : outputDir);
}

/** Where the proxy reaches TRAEFIK_LISTEN: the name of our container, unless a person says otherwise. */
export function addressOf({ address, listen }: Pick<TraefikValues, 'address' | 'listen'>): string {
  const port = listen === 'off' ? '9461' : listen.slice(listen.lastIndexOf(':') + 1);
  return address ?? `http://crowdsec-traefik-bouncer:${port}`;
}

/** Where Traefik reaches TRAEFIK_LISTEN_TLS; undefined when it is off, or not of this mode. */
export function tlsAddressOf(
  values: Pick<TraefikValues, 'mode' | 'address' | 'listen' | 'listenTls' | 'addressTls'>,
): string | undefined {
  const { mode, listenTls, addressTls } = values;
  if (mode !== 'forwardauth' || listenTls === 'off') return undefined;
  const { hostname } = new URL(addressOf(values));
  return addressTls ?? `https://${hostname}:${listenTls.slice(listenTls.lastIndexOf(':') + 1)}`;
}
