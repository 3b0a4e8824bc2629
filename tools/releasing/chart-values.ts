/** What each kind cannot do without. */
const needed: Readonly<Partial<Record<string, object>>> = {
  bouncer: {
    settings: { TARGETS: 'haproxy', HAPROXY_SOCKET: 'haproxy:9999', HAPROXY_ACL: '/etc/haproxy/crowdsec.acl' },
  },
  haproxy: { settings: { HAPROXY_SOCKET: 'haproxy:9999', HAPROXY_ACL: '/etc/haproxy/crowdsec.acl' } },
  mikrotik: { settings: { MIKROTIK_HOST: '192.168.88.1', MIKROTIK_USER: 'crowdsec', MIKROTIK_PASSWORD: 'x' } },
  nginx: { outputClaim: 'nginx-crowdsec' },
  pfsense: {
    settings: { PFSENSE_HOST: '192.168.1.1', PFSENSE_PASSWORD: 'x', PFSENSE_HOST_KEY: `SHA256:${'A'.repeat(43)}` },
  },
  traefik: { settings: { TRAEFIK_TRUSTED_PROXIES: '10.42.0.0/16' } },
};

/** Values by which the chart can be installed, for tests. */
export function chartValues(kind: string): object {
  return { kind, image: { registry: 'ghcr.io/team' }, podMonitor: { enabled: true }, ...needed[kind] };
}
