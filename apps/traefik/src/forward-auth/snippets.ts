import { emitYaml } from '../emit/yaml.ts';
import { extAuthzPath } from './asked.ts';

// What proxies other than Traefik are told, so that they ask us.

/**
 * auth_request takes 2xx, 401 and 403, and shows no page of ours. What is asked about is told by NGINX alone, or a client
 * could have another request looked at than its own. @internal
 */
export function nginxSnippet(url: string): string {
  return `# Nothing is asked where \`return\` or \`rewrite\` answers: NGINX runs them first. Put such an answer into a location that is
# reached by try_files or proxy_pass, or let the connector of NGINX itself judge it.
auth_request /crowdsec-auth;
location = /crowdsec-auth {
    internal;
    proxy_pass ${url}?proxy=nginx;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-Method $request_method;
    proxy_set_header X-Forwarded-Uri $request_uri;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}`;
}

/**
 * Caddy sets the X-Forwarded headers itself: the client is the peer when that is no trusted proxy of its own, method and
 * URI are those of the request in any case. @internal
 */
export function caddySnippet(url: string, hasAppsec = false): string {
  const { origin, pathname } = new URL(url);
  const clean = hasAppsec ? 'request_header -X-Crowdsec-*\n' : '';
  return `${clean}forward_auth ${origin} {
    uri ${pathname}
}`;
}

/** Beside the address, host, method and path of the request, which Envoy sends of its own accord. */
const envoyHeaders = ['x-forwarded-for', 'x-forwarded-proto', 'x-request-id', 'accept', 'cookie', 'user-agent'];

/**
 * Envoy's filter for HTTP and its cluster. While we are away it refuses everybody, as Traefik does. Envoy appends the
 * address of its peer to X-Forwarded-For itself. @internal
 */
export function envoySnippet(url: string, hasAppsec = false): string {
  const { origin, hostname, port, protocol } = new URL(url);
  const headers = hasAppsec
    ? { allowed_headers: { patterns: [{ safe_regex: { regex: '.*' } }] } }
    : { allowed_headers: { patterns: envoyHeaders.map((exact) => ({ exact })) } };
  const filter = {
    name: 'envoy.filters.http.ext_authz',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz',
      ...headers,
      // As long as we keep a request that waits for the first decisions.
      http_service: { server_uri: { uri: origin, cluster: 'crowdsec', timeout: '6s' }, path_prefix: extAuthzPath },
    },
  };
  const address = {
    socket_address: {
      address: hostname.replace(/^\[|\]$/g, ''),
      port_value: Number(port) || (protocol === 'https:' ? 443 : 80),
    },
  };
  const cluster = {
    name: 'crowdsec',
    type: 'STRICT_DNS',
    connect_timeout: '2s',
    load_assignment: { cluster_name: 'crowdsec', endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
  return emitYaml({ http_filters: [filter], clusters: [cluster] }).trimEnd();
}
