import { fromInterval, parseNetwork, subtractIntervals, toInterval } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';
import type { Tree, TreeMap } from '../emit/tree.ts';

/** Above everything that people write, and far below what Traefik keeps for itself (2^63 - 1001). */
const PRIORITY = 1_000_000_000;
/** Nobody has it, so an allow list of it lets nobody in: Traefik's own way to answer 403. */
const NOBODY = '255.255.255.255/32';

/** The dynamic part for these networks, in ascending order. Without networks it is empty: Traefik refuses empty groups. */
export function nativeTree(values: TraefikValues, networks: readonly Network[]): TreeMap {
  const http = values.trustedProxies.length > 0 ? allowListTree(values, networks) : rulesTree(values, networks);
  return { ...http, ...tcpTree(values, networks) };
}

/**
 * The same for TCP, where no header tells of a proxy: the address of the peer counts (PROXY protocol included). A router for
 * connections with TLS and one for those without, on entry points that are named alone: TCP goes before HTTP.
 */
function tcpTree({ middleware, tcpEntryPoints }: TraefikValues, networks: readonly Network[]): TreeMap {
  if (networks.length === 0 || tcpEntryPoints.length === 0) return {};
  const deny = `${middleware}-deny`;
  const router = {
    entryPoints: [...tcpEntryPoints],
    rule: clientRule(networks),
    priority: PRIORITY,
    middlewares: [deny],
    service: deny,
  };
  return {
    tcp: {
      routers: { [`${middleware}-plain`]: router, [`${middleware}-tls`]: { ...router, tls: { passthrough: true } } },
      middlewares: { [deny]: { ipAllowList: { sourceRange: [NOBODY] } } },
      // A router needs one; nobody gets there. The port of discard (RFC 863).
      services: { [deny]: { loadBalancer: { servers: [{ address: '127.0.0.1:9' }] } } },
    },
  };
}

/** One ClientIP for each network: v3 takes no more than one, and v2 takes this as well. */
function clientRule(networks: readonly Network[]): string {
  return networks.map((network) => `ClientIP(\`${network}\`)`).join(' || ');
}

/** A router that takes the requests of blocked addresses before all others, once for HTTP and once for HTTPS. */
function rulesTree({ middleware, entryPoints }: TraefikValues, networks: readonly Network[]): TreeMap {
  if (networks.length === 0) return {};
  const deny = `${middleware}-deny`;
  const router = {
    ...(entryPoints.length > 0 && { entryPoints: [...entryPoints] }),
    rule: clientRule(networks),
    priority: PRIORITY,
    middlewares: [deny],
    service: 'noop@internal',
  };
  return {
    http: {
      routers: { [`${middleware}-http`]: router, [`${middleware}-https`]: { ...router, tls: {} } },
      middlewares: { [deny]: { ipAllowList: { sourceRange: [NOBODY] } } },
    },
  };
}

/** A middleware that lets in everybody else, by the address that X-Forwarded-For names before the trusted proxies. */
function allowListTree(values: TraefikValues, networks: readonly Network[]): TreeMap {
  const all = ['0.0.0.0/0', '::/0'].flatMap((text) => parseNetwork(text) ?? []).map(toInterval);
  const others = subtractIntervals(all, networks.map(toInterval)).flatMap(fromInterval);
  const sourceRange: readonly Tree[] = others;
  const ipAllowList = { sourceRange, ipStrategy: { excludedIPs: [...values.trustedProxies] } };
  return { http: { middlewares: { [values.middleware]: { ipAllowList } } } };
}
