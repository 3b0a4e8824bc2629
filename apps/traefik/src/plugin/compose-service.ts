import type { TraefikValues } from '../config.ts';
import type { ComposeParts } from '../emit/compose.ts';
import { addressOf, configDirOf, hostDirOf } from './seen-from-traefik.ts';

/** A network of its own, so that the address of Traefik is known before it has one. */
const NETWORK = 'crowdsec';
const SUBNET = '172.30.254.0/24';
const SECRET = 'crowdsec_bouncer_key';

/** The networks of compose by which Traefik reaches us. */
export function composeNetworks({ mode }: TraefikValues): readonly string[] {
  return mode === 'forwardauth' ? [NETWORK] : [];
}

/** This connector as a service of a compose file. The key is a file beside it. */
export function connectorService(values: TraefikValues): ComposeParts['connector'] {
  const { mode, format, lapiUrl, middleware, trustedProxies } = values;
  const isAsked = mode === 'forwardauth';
  const trusted = isAsked ? [SUBNET, ...trustedProxies.filter((network) => network !== SUBNET)] : trustedProxies;
  const service = {
    image: 'crowdsec-traefik-bouncer',
    restart: 'unless-stopped',
    read_only: true,
    cap_drop: ['ALL'],
    environment: {
      CROWDSEC_API_URL: lapiUrl,
      CROWDSEC_BOUNCER_API_KEY_FILE: `/run/secrets/${SECRET}`,
      TRAEFIK_MODE: mode,
      TRAEFIK_FORMAT: format,
      TRAEFIK_MIDDLEWARE: middleware,
      TRAEFIK_CONFIG_DIR: configDirOf(values),
      ...(trusted.length > 0 && { TRAEFIK_TRUSTED_PROXIES: trusted.join(',') }),
    },
    volumes: [
      { type: 'bind', source: hostDirOf(values), target: '/output' },
      { type: 'bind', source: '/etc/ssl/certs', target: '/etc/ssl/certs', read_only: true },
    ],
    ...(isAsked && { networks: ['default', NETWORK] }),
    secrets: [SECRET],
  };
  return {
    services: { [serviceName(values)]: service },
    ...(isAsked && { networks: { [NETWORK]: { ipam: { config: [{ subnet: SUBNET }] } } } }),
    secrets: { [SECRET]: { file: `./secrets/${SECRET}` } },
  };
}

/** The name by which Traefik asks, where it is one that compose takes. */
function serviceName(values: TraefikValues): string {
  const { hostname } = new URL(addressOf(values));
  return /^[a-z][a-z0-9-]{0,62}$/.test(hostname) && hostname !== 'localhost' && hostname !== 'traefik'
    ? hostname
    : 'crowdsec-traefik-bouncer';
}
