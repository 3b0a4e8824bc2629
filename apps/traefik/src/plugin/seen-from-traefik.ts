import path from 'node:path';
import type { TraefikValues } from '../config.ts';

/** The output folder as Traefik sees it, without a slash at the end. */
export function configDirOf({ configDir, outputDir }: TraefikValues): string {
  return (configDir ?? path.resolve(outputDir)).replace(/\/+$/, '');
}

/** Where the proxy reaches TRAEFIK_LISTEN: the name of our container, unless a person says otherwise. */
export function addressOf({ address, listen }: Pick<TraefikValues, 'address' | 'listen'>): string {
  const port = listen === 'off' ? '9461' : listen.slice(listen.lastIndexOf(':') + 1);
  return address ?? `http://crowdsec-traefik-bouncer:${port}`;
}
